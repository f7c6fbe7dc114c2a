import { z } from "zod";
import { defineAttack, type Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import { canary } from "#contract/canary.ts";
import type { Answer } from "#contract/check.ts";
import { judgeLaunches, type Launch } from "#contract/judging.ts";
import { duration } from "#contract/parameters.ts";
import { observeField } from "#simulator/coap/fields.ts";
import { encode, messageType } from "#simulator/coap/message.ts";
import { option, optionNumber } from "#simulator/coap/option.ts";
import { callerOf, callWithinMs, expectCalls, hasTaken } from "./parts/caller-serving.ts";
import { notedAs, seqsOf } from "./parts/noted.ts";
import { type Asked, openOwnPort, ownAddress, ownServerOn, replyTo } from "./parts/own-server.ts";
import { allSeries, type Step, statesIn } from "./parts/state-series.ts";

const id = "coap.stale-notifications";

export const staleNotifications = defineAttack({
  id,
  title: "Show a device an old state as the current one",
  speaks: "coap",
  severity: "medium",
  layer: "network",
  explains: `The device observes a resource of a server of ours, twice: once with ascending sequence numbers, once across the point where
they begin again at 0. It is notified of new states, and between them of old ones: with a sequence number that was
overtaken, as by a network that changes the order, and with a very datagram that it was sent before.
old-states-are-not-taken fails where the device took a state that it had a newer one for, and passes where it took the first
state, each newer one, and none of the old ones.
The control: the device takes the answer of an honest server, and an honest client is served beside it.`,
  references: {
    cwe: ["CWE-294", "CWE-345"],
    attack: ["T1557", "T0832", "T1692.002"],
    owasp: ["I7"],
    clauses: ["RFC 7641 §3.4", "RFC 7641 §4.4", "RFC 7252 §4.5"],
    cases: ["CO-OBS-04"],
  },
  parameters: z.strictObject({
    gap: duration({ atLeast: "10ms", atMost: "2s" }).prefault("30ms").describe("time between two notifications"),
  }),
  needs: [],
  needsCaller: true,
  strains: false,
  atMostMs: ({ gap }) => 2 * (6 * gap + 2 * callWithinMs) + 20_000,

  control: (bench, ground) => expectCalls(bench, ground, "before the attack"),

  async launch(bench, ground, { gap }) {
    for (const [how, series] of Object.entries(allSeries)) await notify(bench, ground, how, series, gap);
    bench.signal.throwIfAborted();
  },

  recovery: (bench, ground) => expectCalls(bench, ground, "after the attack"),

  checks: [
    {
      id: "old-states-are-not-taken",
      asks: "Does a device that observes take no state for current that is older than one it has?",
      covers: "P3.1/peer-verification",
      remedy:
        "Compare the sequence number of each notification with that of the last one, modulo 2^24 and with the 128 s of RFC 7641 §3.4, and drop messages that come again. Then run this again: old states must not be taken.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judge),
    },
  ],
  twins: [
    { kills: "old-states-are-not-taken", loosen: { where: "coap-server", knob: "callerFreshness", value: "off" } },
  ],
});

async function notify(
  bench: Bench,
  ground: Ground,
  how: string,
  series: readonly Step[],
  gapMs: number,
): Promise<void> {
  const port = await openOwnPort(bench);
  await using server = ownServerOn(bench, port);
  const at = ownAddress(ground, server.local);
  await using calling = await callerOf(ground).call({ at, does: "observe", path: "state" });
  await server.until(() => server.asked.length > 0, callWithinMs);
  const [asked] = server.asked;
  if (asked === undefined || observeField(asked.message.options) !== 0) return;
  const payloads = series.map((step, n) => ("again" in step ? "" : `${n}-${canary(bench)}`));
  const datagrams: Buffer[] = [];
  for (const [n, step] of series.entries()) {
    const datagram =
      "again" in step ? datagrams[step.again] : stateOf(bench, asked, n, step.sequence, payloads[n] ?? "");
    datagrams.push(datagram ?? Buffer.alloc(0));
    if (datagram !== undefined) port.send(datagram, asked.from);
    await bench.clock.sleep(gapMs, bench.signal);
  }
  const last = payloads.at(-1) ?? "";
  await hasTaken(bench, calling, (taken) => taken.includes(last), callWithinMs);
  const taken = calling
    .taken()
    .map((text) => payloads.findIndex((payload) => payload !== "" && text.includes(payload)));
  bench.observe.note("notified", { how, ...statesIn(series, taken) }, port.reference(asked.from));
}

/** The first as the piggybacked response, the others as NON notifications, so that none is sent twice by itself. */
function stateOf(bench: Bench, { message }: Asked, n: number, sequence: number, payload: string): Buffer {
  const common = {
    ...replyTo(message),
    options: [option(optionNumber.observe, sequence)],
    payload: Buffer.from(payload),
  };
  if (n === 0) return encode(common);
  return encode({ ...common, type: messageType.non, messageId: bench.random.integer(0, 0x1_0000) });
}

const shape = z.object({ how: z.string(), old: z.array(z.number()), fresh: z.number(), freshTaken: z.number() });

function judge({ during: { attack } }: Launch): Answer {
  const series = notedAs(attack, "notified", shape);
  const evidence = seqsOf(series);
  const wrong = series.filter(({ facts: { old } }) => old.length > 0);
  if (wrong.length > 0) {
    const says = wrong.map(({ facts: { how, old } }) => `${old.length} old states in the ${how} series`).join(", ");
    return { verdict: "fail", says: `the device took ${says} for current`, evidence: seqsOf(wrong) };
  }
  const missing = series.filter(({ facts: { fresh, freshTaken } }) => freshTaken < fresh);
  if (series.length < Object.keys(allSeries).length || missing.length > 0) {
    const says = missing.map(
      ({ facts }) => `${facts.freshTaken} of ${facts.fresh} new states of the ${facts.how} series`,
    );
    return {
      verdict: "inconclusive",
      says: `the device took only ${says.join(", ") || "part of what it was sent"}`,
      evidence,
    };
  }
  return { verdict: "pass", says: "the device took every new state in two series and none of the old ones", evidence };
}
