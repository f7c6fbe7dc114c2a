import { z } from "zod";
import { defineAttack } from "#contract/attack.ts";
import type { Answer } from "#contract/check.ts";
import { judgeLaunches, type Launch } from "#contract/judging.ts";
import { count } from "#contract/parameters.ts";
import { callerOf, callWithinMs, expectCalls } from "./parts/caller-serving.ts";
import { notedAs, seqsOf } from "./parts/noted.ts";
import { type Asked, openOwnPort, ownAddress, ownServerOn } from "./parts/own-server.ts";
import { breachIn, gapsOf, type Transmission } from "./parts/retransmissions.ts";

const id = "coap.retransmission";
/** The first wait is at most ACK_TIMEOUT times ACK_RANDOM_FACTOR (RFC 7252 §4.8). */
const longestFirstMs = 3_000;
const graceMs = 1_000;
/** Two waits are what it takes to see one double. */
const fewestGaps = 2;

export const retransmission = defineAttack({
  id,
  title: "Leave a device without an answer, and count what it sends",
  speaks: "coap",
  severity: "low",
  layer: "network",
  explains: `The device calls a server of ours that hears everything and answers nothing, until it has repeated its request often enough
(6 to 9 s for two waits, 42 to 45 s for four), or has broken a rule.
retries-back-off fails where a request is sent again within a second, where the wait before a repetition does not double,
where one request is sent more than five times, or where a second request goes out while the first is unanswered. It passes
where two waits or more were seen, and each was at least 1.5 times the one before. With one wait only it is inconclusive.
The control: the device takes the answer of an honest server, and an honest client is served beside it.`,
  references: {
    cwe: ["CWE-799"],
    attack: ["T1499"],
    owasp: ["I8"],
    clauses: ["RFC 7252 §4.2", "RFC 7252 §4.7", "RFC 7252 §4.8"],
    cases: ["CO-MSG-04"],
  },
  parameters: z.strictObject({
    waits: count({ atLeast: 1, atMost: 4 })
      .default(fewestGaps)
      .describe("repetitions to wait for; each takes twice as long as the one before"),
  }),
  needs: [],
  needsCaller: true,
  strains: false,
  atMostMs: ({ waits }) => lastsMs(waits) + 6 * callWithinMs,

  control: (bench, ground) => expectCalls(bench, ground, "before the attack"),

  async launch(bench, ground, { waits }) {
    const port = await openOwnPort(bench);
    await using server = ownServerOn(bench, port);
    const at = ownAddress(ground, server.local);
    await using _ = await callerOf(ground).call({ at, does: "read", path: "state" });
    const sent = () => server.asked.map(transmissionOf);
    const isEnough = () => gapsOf(sent()).length >= waits || breachIn(sent()) !== undefined;
    await server.until(isEnough, callWithinMs + lastsMs(waits));
    const [first] = server.asked;
    bench.observe.note("unanswered", { sent: sent() }, first && port.reference(first.from));
    bench.signal.throwIfAborted();
  },

  recovery: (bench, ground) => expectCalls(bench, ground, "after the attack"),

  checks: [
    {
      id: "retries-back-off",
      asks: "Does the device wait longer and longer for a server that does not answer, with one request at a time?",
      covers: "P1.4/no-reconnect-storm",
      remedy:
        "Repeat a confirmable request after 2 to 3 s, double the wait each time, give up after four repetitions, and send nothing else to that server meanwhile (RFC 7252 §4.2, §4.7). Then run this again with waits: 4.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judge),
    },
  ],
  twins: [{ kills: "retries-back-off", loosen: { where: "coap-server", knob: "callerRetries", value: "constant" } }],
});

function lastsMs(waits: number): number {
  return longestFirstMs * (2 ** waits - 1) + graceMs;
}

function transmissionOf({ message: { messageId }, from: { port }, atMs }: Asked): { id: string; atMs: number } {
  return { id: `${port}/${messageId}`, atMs };
}

const shape = z.object({ sent: z.array(z.object({ id: z.string(), atMs: z.number() })) });

function judge({ during: { attack } }: Launch): Answer {
  const [seen] = notedAs(attack, "unanswered", shape);
  const sent: readonly Transmission[] = seen?.facts.sent ?? [];
  const evidence = seen === undefined ? [] : seqsOf([seen]);
  const breach = breachIn(sent);
  if (breach !== undefined) return { verdict: "fail", says: breach, evidence };
  const gaps = gapsOf(sent);
  const waits = gaps.length === 0 ? "none" : gaps.map((gap) => `${(gap / 1_000).toFixed(1)} s`).join(", ");
  const says = `${sent.length} transmissions to a server that does not answer; waits: ${waits}`;
  return { verdict: gaps.length < fewestGaps ? "inconclusive" : "pass", says, evidence };
}
