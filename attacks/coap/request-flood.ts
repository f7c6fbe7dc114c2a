import { z } from "zod";
import { defineAttack } from "#contract/attack.ts";
import type { Bench, LabAddress } from "#contract/bench.ts";
import type { Answer } from "#contract/check.ts";
import { honestTries } from "#contract/honest-tries.ts";
import { judgeLaunches, type Launch } from "#contract/judging.ts";
import { count, duration } from "#contract/parameters.ts";
import { code } from "#simulator/coap/code.ts";
import { encode, type Message, messageType } from "#simulator/coap/message.ts";
import { pathOptions } from "#simulator/coap/option.ts";
import { openProbe, type Probe } from "#simulator/coap/probe.ts";
import { honestServed, judgeHonestRequests, tryHonestly } from "./parts/honest-tries.ts";
import { notedAs, seqsOf } from "./parts/noted.ts";
import { hasOwnAddresses, ownedHost } from "./parts/owned-host.ts";
import { plainListener } from "./parts/plain-listener.ts";
import { expectServed, openHonest, wellKnownCore } from "./parts/serving.ts";

const id = "coap.request-flood";
/** A flood of which so many were answered met no limit; the others may be lost datagrams. */
const unlimitedShare = 0.95;
/** Answers that are still under way when the flood ends. */
const drainMs = 200;
/** Datagrams that are sent together, so that no timer limits the rate. */
const everyMs = 5;

export const requestFlood = defineAttack({
  id,
  title: "Have answers sent to one victim as fast as requests can be forged in its name",
  speaks: "coap",
  severity: "medium",
  layer: "network",
  explains: `Sends 500 confirmable GETs a second for /.well-known/core from one socket that plays the victim of a forged address, for
2 s; never more than the scope allows. Meanwhile an honest client, on loopback from another address, asks ${honestTries} times for
what it may read.
requests-of-one-source-are-limited fails where ${unlimitedShare * 100} % of the flood were answered with what was asked for: a victim gets
as much as an attacker can forge. It passes where fewer were, the others with 4.29 or 5.03 or not at all, while an honest
request of the same time was served.
honest-requests-are-served-during-flood passes where all ${honestTries} honest requests were served within 2 s, and fails where one
was not. Behind a network, where this machine has but one address, a limit hits both alike: it is inconclusive then.
The control: an honest client is served.`,
  references: {
    cwe: ["CWE-770", "CWE-799", "CWE-406"],
    attack: ["T1499.003", "T1498.002"],
    owasp: ["I2"],
    clauses: ["RFC 7252 §4.7", "RFC 7252 §11.3", "RFC 8516"],
    cases: ["CO-SPF-01"],
  },
  parameters: z.strictObject({
    perSecond: count({ atLeast: 100, atMost: 20_000 })
      .default(500)
      .describe("requests a second: more than one address ever needs"),
    lasts: duration({ atLeast: "500ms", atMost: "60s" }).prefault("2s").describe("how long the flood lasts"),
  }),
  needs: [],
  strains: true,
  atMostMs: ({ lasts }) => lasts + drainMs + (honestTries + 4) * 2_000 + 10_000,

  async control(bench, ground) {
    plainListener(ground);
    await expectServed(bench, ground, "before the flood");
  },

  async launch(bench, ground, { perSecond, lasts }) {
    const at = plainListener(ground);
    await using honest = await openHonest(bench, ground);
    await Promise.all([
      flood(bench, at, Math.min(perSecond, at.maxRatePerSecond), lasts),
      tryHonestly(bench, ground, honest, { count: honestTries, everyMs: lasts / honestTries }),
    ]);
    bench.signal.throwIfAborted();
  },

  recovery: (bench, ground) => expectServed(bench, ground, "after the flood"),

  checks: [
    {
      id: "requests-of-one-source-are-limited",
      asks: "Does the server limit how many answers it sends to one address that may be forged?",
      covers: "P6.2/not-an-attack-platform",
      remedy:
        "Count requests for each source address and answer those beyond a limit once with 4.29 (RFC 8516), then not at all (RFC 7252 §4.7); a firewall can do it, too (nftables: limit rate). Then run this again: part of the flood must go unanswered.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeLimit),
    },
    {
      id: "honest-requests-are-served-during-flood",
      asks: "Are honest clients served while one address floods the server with requests?",
      covers: "P1.4/essential-function-under-flood",
      remedy:
        "Drop what is beyond the limit of an address before any work is done for it, and give known clients a share of their own. Then run this again: all eleven honest requests must be served.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeHonest),
    },
  ],
  twins: [
    {
      kills: "requests-of-one-source-are-limited",
      loosen: { where: "coap-server", knob: "maxRequestsPerSecond", value: 0 },
      parameters: { perSecond: 1_000, lasts: "700ms" },
      both: { "coap-server": { maxRequestsPerSecond: 100 } },
    },
    {
      // A limit so low that it locks out who should be served, which is how a limit does harm.
      kills: "honest-requests-are-served-during-flood",
      loosen: { where: "coap-server", knob: "maxRequestsPerSecond", value: 3 },
      parameters: { lasts: "700ms" },
    },
  ],
});

async function flood(bench: Bench, at: LabAddress, perSecond: number, lastsMs: number): Promise<void> {
  const { clock, signal } = bench;
  await using victim = await openProbe(bench, at, ownedHost(at, 0));
  const request = victim.message({ code: code.get, options: pathOptions(wellKnownCore) });
  const most = Math.floor((perSecond * lastsMs) / 1_000);
  const beganMs = clock.nowMs();
  let asked = 0;
  while (asked < most && !signal.aborted) {
    const due = Math.min(most, Math.floor(((clock.nowMs() - beganMs) * perSecond) / 1_000));
    for (; asked < due; asked += 1) victim.send(numbered(request, asked));
    if (asked < most) await clock.sleep(everyMs, signal);
  }
  const tookMs = clock.nowMs() - beganMs;
  await clock.sleep(drainMs, signal);
  const size = encode(request).length;
  const facts = { asked, tookMs, ...countAnswers(victim), size, ownAddress: hasOwnAddresses(at) };
  bench.observe.note("flood", facts, victim.reference);
}

/** The n-th of the flood, with an id and a token of its own, so that none is taken for another sent again. */
function numbered(request: Message, n: number): Message {
  const token = Buffer.alloc(4);
  token.writeUInt32BE(n);
  return { ...request, messageId: (request.messageId + n) & 0xffff, token };
}

/** What came back: answers to what was asked, and those that tell the peer to slow down. */
function countAnswers({ heard }: Probe): { readonly answered: number; readonly told: number; readonly bytes: number } {
  const slowDown = new Set<number>([code.tooManyRequests, code.serviceUnavailable]);
  const answered = new Set<string>();
  let told = 0;
  for (const { message } of heard) {
    if (message === undefined || message.type === messageType.rst || message.code === code.empty) continue;
    if (slowDown.has(message.code)) told += 1;
    else answered.add(Buffer.from(message.token).toString("hex"));
  }
  return { answered: answered.size, told, bytes: heard.reduce((sum, { bytes }) => sum + bytes.length, 0) };
}

const shape = z.object({
  asked: z.number(),
  tookMs: z.number(),
  answered: z.number(),
  told: z.number(),
  bytes: z.number(),
  ownAddress: z.boolean(),
});

function judgeLimit(launch: Launch): Answer {
  const [seen] = notedAs(launch.during.attack, "flood", shape);
  if (seen === undefined) return { verdict: "inconclusive", says: "nothing was flooded", evidence: [] };
  const { asked, answered } = seen.facts;
  const evidence = seqsOf([seen]);
  const says = sayFlood(seen.facts);
  if (answered >= asked * unlimitedShare) return { verdict: "fail", says: `no limit was met: ${says}`, evidence };
  if (honestServed(launch).length === 0) {
    return { verdict: "inconclusive", says: `${says}, but nobody else was served either`, evidence };
  }
  return { verdict: "pass", says, evidence: [...evidence, ...honestServed(launch)] };
}

function judgeHonest(launch: Launch): Answer {
  const [seen] = notedAs(launch.during.attack, "flood", shape);
  const meanwhile = seen === undefined ? "a flood was sent" : sayFlood(seen.facts);
  const answer = judgeHonestRequests(launch, meanwhile);
  const evidence = [...(seen ? [seen.seq] : []), ...answer.evidence];
  if (answer.verdict === "fail" && seen?.facts.ownAddress === false) {
    const says = `honest requests came from the address of the flood, and a limit hit both: ${answer.says}`;
    return { verdict: "inconclusive", says, evidence };
  }
  return { ...answer, evidence };
}

function sayFlood({ asked, tookMs, answered, bytes, told }: z.output<typeof shape>): string {
  return `of ${asked} requests in ${(tookMs / 1_000).toFixed(1)} s in the name of one victim ${answered} were answered, ${bytes} bytes in all, and ${told} told to slow down`;
}
