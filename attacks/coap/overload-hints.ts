import { z } from "zod";
import { defineAttack } from "#contract/attack.ts";
import type { Answer } from "#contract/check.ts";
import { judgeLaunches, type Launch } from "#contract/judging.ts";
import { duration } from "#contract/parameters.ts";
import { code, codeText } from "#simulator/coap/code.ts";
import { option, optionNumber } from "#simulator/coap/option.ts";
import { callerOf, callWithinMs, expectCalls } from "./parts/caller-serving.ts";
import { notedAs, seqsOf } from "./parts/noted.ts";
import { type Asked, isRepetition, openOwnPort, ownAddress, ownServerOn } from "./parts/own-server.ts";

const id = "coap.overload-hints";
/** Timers of a device may be that early. */
const earlyMs = 100;
/** After Max-Age a device may spread its return. */
const graceMs = 3_000;
/** What the first requests are answered with; the last one shows that the device is still there. */
const answers = [code.content, code.serviceUnavailable, code.tooManyRequests] as const;

export const overloadHints = defineAttack({
  id,
  title: "Ask a device to come again later, and see whether it does",
  speaks: "coap",
  severity: "low",
  layer: "application",
  explains: `The device reads from a server of ours. Its first request is answered with 2.05, so that the time to the next one shows how
often it asks by itself; the second with 5.03 and the third with 4.29, both with Max-Age.
overload-hints-are-heeded fails where the device asked again before Max-Age was over, and passes where both times it came
after it. It is inconclusive where it does not ask more often by itself, or did not come again.
The control: the device takes the answer of an honest server, and an honest client is served beside it.`,
  references: {
    cwe: ["CWE-799"],
    attack: ["T1499"],
    owasp: ["I8"],
    clauses: ["RFC 7252 §5.9.3.4", "RFC 8516 §3"],
    cases: ["CO-MSG-05"],
  },
  parameters: z.strictObject({
    maxAge: duration({ atLeast: "2s", atMost: "120s" }).prefault("2s").describe("how long the device is asked to wait"),
  }),
  needs: [],
  needsCaller: true,
  strains: false,
  atMostMs: ({ maxAge }) => 2 * (maxAge + graceMs) + 8 * callWithinMs,

  control: (bench, ground) => expectCalls(bench, ground, "before the attack"),

  async launch(bench, ground, { maxAge }) {
    const maxAgeS = Math.ceil(maxAge / 1_000);
    const port = await openOwnPort(bench);
    await using server = ownServerOn(bench, port);
    const seen: Asked[] = [];
    server.onAsked((asked) => {
      if (seen.some((earlier) => isRepetition(earlier, asked))) return;
      const said = answers[seen.length] ?? code.content;
      seen.push(asked);
      server.answer(asked, {
        code: said,
        options: [option(optionNumber.maxAge, maxAgeS)],
        payload: Buffer.from("later"),
      });
    });
    const at = ownAddress(ground, server.local);
    await using _ = await callerOf(ground).call({ at, does: "read", path: "state" });
    const enough = answers.length + 1;
    const isEarly = () => seen.some(({ atMs }, n) => n > 1 && atMs - (seen[n - 1]?.atMs ?? 0) < maxAge - earlyMs);
    await server.until(() => seen.length >= enough || isEarly(), 2 * (callWithinMs + maxAgeS * 1_000 + graceMs));
    for (const [n, asked] of seen.slice(1, enough).entries()) {
      const before = seen[n];
      const said = answers[n];
      if (before === undefined || said === undefined) continue;
      const detail = { after: codeText(said), waitedMs: asked.atMs - before.atMs, maxAgeMs: maxAgeS * 1_000 };
      bench.observe.note("came-again", detail, port.reference(asked.from));
    }
    bench.signal.throwIfAborted();
  },

  recovery: (bench, ground) => expectCalls(bench, ground, "after the attack"),

  checks: [
    {
      id: "overload-hints-are-heeded",
      asks: "Does the device stay away for as long as an overloaded server asks it to?",
      covers: "P1.4/no-reconnect-storm",
      remedy:
        "On 5.03 and 4.29 wait for Max-Age (60 s where it is absent) before asking that server again (RFC 7252 §5.9.3.4, RFC 8516). Then run this again: no request may come before.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judge),
    },
  ],
  twins: [
    { kills: "overload-hints-are-heeded", loosen: { where: "coap-server", knob: "callerOverload", value: "ignores" } },
  ],
});

const shape = z.object({ after: z.string(), waitedMs: z.number(), maxAgeMs: z.number() });

function judge({ during: { attack } }: Launch): Answer {
  const all = notedAs(attack, "came-again", shape);
  const evidence = seqsOf(all);
  const hinted = all.filter(({ facts: { after } }) => after !== codeText(code.content));
  const early = hinted.filter(({ facts: { waitedMs, maxAgeMs } }) => waitedMs < maxAgeMs - earlyMs);
  const says = all
    .map(({ facts: { after, waitedMs } }) => `${(waitedMs / 1_000).toFixed(1)} s after ${after}`)
    .join(", ");
  const asked = `it was asked to wait ${(all[0]?.facts.maxAgeMs ?? 0) / 1_000} s`;
  if (early.length > 0) {
    return { verdict: "fail", says: `the device came again too early: ${says}; ${asked}`, evidence: seqsOf(early) };
  }
  const own = all.find(({ facts: { after } }) => after === codeText(code.content));
  if (own === undefined || hinted.length < answers.length - 1) {
    return { verdict: "inconclusive", says: `the device did not come again often enough: ${says}`, evidence };
  }
  if (own.facts.waitedMs >= own.facts.maxAgeMs) {
    return {
      verdict: "inconclusive",
      says: `the device does not ask more often by itself: ${says}; ${asked}`,
      evidence,
    };
  }
  return { verdict: "pass", says: `the device came again ${says}; ${asked}`, evidence };
}
