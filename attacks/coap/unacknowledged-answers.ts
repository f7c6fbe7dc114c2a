import { z } from "zod";
import { defineAttack } from "#contract/attack.ts";
import type { Bench, LabAddress } from "#contract/bench.ts";
import type { Answer } from "#contract/check.ts";
import { judgeLaunches, type Launch } from "#contract/judging.ts";
import { count, duration } from "#contract/parameters.ts";
import { code, isResponse, isSuccess } from "#simulator/coap/code.ts";
import { encode, type Message, messageType } from "#simulator/coap/message.ts";
import { pathOptions } from "#simulator/coap/option.ts";
import { type Heard, openProbe } from "#simulator/coap/probe.ts";
import { amplificationOf, sayAmplification } from "./parts/amplification.ts";
import { notedAs, seqsOf } from "./parts/noted.ts";
import { ownedHost } from "./parts/owned-host.ts";
import { plainListener } from "./parts/plain-listener.ts";
import { expectServed } from "./parts/serving.ts";

const id = "coap.unacknowledged-answers";
/** Below what a careful server answers one address in a second. */
const perSecond = 250;
/** 1 + MAX_RETRANSMIT (RFC 7252 §4.8). */
const mostTransmissions = 5;
/** Requests of which so many were taken on met no limit; the others may be lost datagrams. */
const unlimitedShare = 0.9;

export const unacknowledgedAnswers = defineAttack({
  id,
  title: "Let the server repeat its late answers to somebody who never acknowledges any",
  speaks: "coap",
  severity: "medium",
  layer: "network",
  explains: `Sends 100 confirmable requests, ${perSecond} a second, for a resource that is answered late, by a separate confirmable
response, from a socket that plays the victim of a forged address: it acknowledges nothing, so that every response is
sent again up to four times.
separate-answers-are-limited fails where all requests were taken on and their confirmable responses sent side by side, so
that nothing bounds what is repeated to one victim, or where a response was sent more than ${mostTransmissions} times. It passes where only some
were, the others refused (5.03, 4.29), dropped, or kept until the ones before are acknowledged.
It listens for 1 s after the first response; how often each is repeated in the end shows with listens: 60s.
The control: an honest client is served.`,
  references: {
    cwe: ["CWE-405", "CWE-770"],
    attack: ["T1498.002", "T1499.003"],
    owasp: ["I2"],
    clauses: ["RFC 7252 §4.2", "RFC 7252 §4.7", "RFC 7252 §5.2.2", "RFC 9175 §2.4"],
    cases: ["CO-AMP-05"],
  },
  parameters: z.strictObject({
    requests: count({ atLeast: 20, atMost: 2_000 }).default(100).describe("requests in the victim's name"),
    waits: duration({ atLeast: "100ms", atMost: "60s" })
      .prefault("10s")
      .describe("how long the first separate response is waited for"),
    listens: duration({ atLeast: "300ms", atMost: "100s" })
      .prefault("1s")
      .describe("how long repetitions are listened for after the first response"),
  }),
  needs: [],
  strains: true,
  // Answers that others left pending would take the places that it is about.
  wantsFreshTarget: true,
  atMostMs: ({ requests, waits, listens }) => (2 * requests * 1_000) / perSecond + waits + listens + 20_000,

  async control(bench, ground) {
    plainListener(ground);
    await expectServed(bench, ground, "before the attack");
  },

  async launch(bench, ground, { requests, waits, listens }) {
    const at = plainListener(ground);
    const path = ground.resources?.slow;
    if (path === undefined) return;
    await askSilently(bench, at, { path, requests, waits, listens });
    bench.signal.throwIfAborted();
  },

  recovery: (bench, ground) => expectServed(bench, ground, "after the attack"),

  checks: [
    {
      id: "separate-answers-are-limited",
      asks: "Is it limited how many late answers are repeated to an address that acknowledges none?",
      covers: "P6.2/not-an-attack-platform",
      remedy:
        "Limit the separate responses that are pending, in all and for each address, and refuse further requests with 5.03; send late answers to addresses that have proven nothing as NON (RFC 9175 §2.4). Then run this again: only some requests may be taken on.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judge),
    },
  ],
  twins: [
    {
      kills: "separate-answers-are-limited",
      loosen: { where: "coap-server", knob: "maxPendingSeparate", value: 0 },
      parameters: { requests: 60, listens: "300ms" },
    },
  ],
});

async function askSilently(
  bench: Bench,
  at: LabAddress,
  order: { readonly path: string; readonly requests: number; readonly waits: number; readonly listens: number },
): Promise<void> {
  const { path, requests, waits, listens } = order;
  await using victim = await openProbe(bench, at, ownedHost(at, 0));
  const request = victim.message({ code: code.get, options: pathOptions(path) });
  const beganMs = bench.clock.nowMs();
  for (let n = 0; n < requests && !bench.signal.aborted; n += 1) {
    const dueMs = beganMs + (n * 1_000) / perSecond;
    if (dueMs > bench.clock.nowMs()) await bench.clock.sleep(dueMs - bench.clock.nowMs(), bench.signal);
    victim.send({ ...request, messageId: (request.messageId + n) & 0xffff, token: Buffer.of(n >> 8, n & 0xff) });
  }
  // The last is answered as much later than the first as it was asked later.
  const spreadMs = bench.clock.nowMs() - beganMs;
  await victim.hear(waits, isSeparate);
  await bench.clock.sleep(spreadMs + listens, bench.signal);
  const came = victim.heard.map(({ bytes }) => bytes.length);
  const asked = encode(request).length;
  bench.observe.note("unacknowledged", { path, requests, asked, came, ...countIn(victim.heard) }, victim.reference);
}

function isSeparate({ message }: Heard): boolean {
  return message !== undefined && message.type === messageType.con && isResponse(message.code);
}

/** Separate responses by their ids, and requests that were refused at once. */
function countIn(heard: readonly Heard[]) {
  const messages = heard.flatMap(({ message }) => message ?? []);
  const separate = messages.filter(
    (one) => one.type !== messageType.ack && isResponse(one.code) && isSuccess(one.code),
  );
  const byId = Map.groupBy(separate, ({ messageId }: Message) => messageId);
  const times = [...byId.values()].map(({ length }) => length);
  const refused = messages.filter((one) => isResponse(one.code) && !isSuccess(one.code)).length;
  const atOnce = messages.filter((one) => one.type === messageType.ack && isSuccess(one.code)).length;
  const confirmable = new Set(heard.filter(isSeparate).map(({ message }) => message?.messageId)).size;
  return {
    separate: byId.size,
    confirmable,
    mostTimes: Math.max(0, ...times),
    refused,
    atOnce,
  };
}

const shape = z.object({
  path: z.string(),
  requests: z.number(),
  asked: z.number(),
  came: z.array(z.number()),
  separate: z.number(),
  confirmable: z.number(),
  mostTimes: z.number(),
  refused: z.number(),
  atOnce: z.number(),
});

function judge({ during: { attack } }: Launch): Answer {
  const [seen] = notedAs(attack, "unacknowledged", shape);
  if (seen === undefined) {
    const says = "no resource is known that is answered late, so nothing was asked";
    return { verdict: "not-tested", says, evidence: [] };
  }
  const { path, requests, asked, came, separate, confirmable, mostTimes, refused, atOnce } = seen.facts;
  const evidence = seqsOf([seen]);
  const told = sayAmplification(amplificationOf(asked, came, requests));
  const says = `of ${requests} requests for /${path} in the name of one victim ${separate} were answered late, each up to ${mostTimes} times, and ${refused} refused; ${came.length} datagrams, ${told} so far`;
  if (confirmable >= requests * unlimitedShare) {
    return { verdict: "fail", says: `no limit was met: ${says}`, evidence };
  }
  if (mostTimes > mostTransmissions) return { verdict: "fail", says: `repeated without end: ${says}`, evidence };
  if (separate === 0) {
    const instead = atOnce > 0 ? `${atOnce} were answered at once` : "none was answered late";
    return { verdict: "inconclusive", says: `${instead}, so that nothing was repeated: ${says}`, evidence };
  }
  return { verdict: "pass", says, evidence };
}
