import { z } from "zod";
import { defineAttack, type Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import type { Answer } from "#contract/check.ts";
import { judgeLaunches, type Launch } from "#contract/judging.ts";
import { count } from "#contract/parameters.ts";
import { callerOf, callWithinMs, expectCalls } from "./parts/caller-serving.ts";
import { notedAs, seqsOf } from "./parts/noted.ts";
import { type Asked, isRepetition, openOwnPort, ownAddress, ownServerOn } from "./parts/own-server.ts";
import { type SeenCall, weaknessOfIds, weaknessOfPorts, weaknessOfTokens } from "./parts/predictable.ts";

const id = "coap.caller-tokens";
/** Calls of which one cannot tell chance from a rule. */
const fewest = 6;

export const callerTokens = defineAttack({
  id,
  title: "Collect a device's requests, and look for what an attacker could know beforehand",
  speaks: "coap",
  severity: "medium",
  layer: "network",
  explains: `The device calls a server of ours, ends the call after its first request, and begins anew; the last call goes on for some
requests. All are answered honestly.
requests-cannot-be-guessed fails where a token is shorter than four bytes, where one comes again, where they ascend in equal
steps, or where every call begins with the same message id. source-ports-vary fails where every call comes from the same
port, or from ports in equal steps. What looks random may still be predictable, so a pass is no proof of good randomness.
The control: the device takes the answer of an honest server, and an honest client is served beside it.`,
  references: {
    cwe: ["CWE-330", "CWE-340"],
    attack: ["T1557"],
    owasp: ["I7"],
    clauses: ["RFC 7252 §4.4", "RFC 7252 §5.3.1", "RFC 5452 §9.2"],
    cases: ["CO-SPF-04", "CO-SPF-05"],
  },
  parameters: z.strictObject({
    calls: count({ atLeast: fewest, atMost: 200 }).default(12).describe("how often the device begins anew"),
    requests: count({ atLeast: 1, atMost: 100 }).default(2).describe("requests of the last call, one a second"),
  }),
  needs: [],
  needsCaller: true,
  strains: false,
  atMostMs: ({ calls, requests }) => (calls + requests) * callWithinMs + 20_000,

  control: (bench, ground) => expectCalls(bench, ground, "before the attack"),

  async launch(bench, ground, { calls, requests }) {
    for (let n = 1; n <= calls && !bench.signal.aborted; n += 1) {
      await collect(bench, ground, n, n === calls ? requests : 1);
    }
    bench.signal.throwIfAborted();
  },

  recovery: (bench, ground) => expectCalls(bench, ground, "after the attack"),

  checks: [
    {
      id: "requests-cannot-be-guessed",
      asks: "Can nobody who has not seen a request know its token or message id?",
      covers: "P3.1/peer-verification",
      remedy:
        "Give every request a token of at least four bytes from a cryptographic random generator, and begin message ids at random after each start (RFC 7252 §4.4, §5.3.1). Then run this again: no token may be short or come again.",
      needs: [id],
      judge: (record) =>
        judgeLaunches(record, id, (launch) =>
          judge(launch, (calls) => weaknessOfTokens(calls) ?? weaknessOfIds(calls)),
        ),
    },
    {
      id: "source-ports-vary",
      asks: "Does the device send from a port that nobody can know beforehand?",
      covers: "P3.1/peer-verification",
      remedy:
        "Let the operating system choose the source port anew at each start, where the device has to take no requests on it. Then run this again: the calls must come from different ports.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, (launch) => judge(launch, weaknessOfPorts)),
    },
  ],
  twins: [
    { kills: "requests-cannot-be-guessed", loosen: { where: "coap-server", knob: "callerTokens", value: "short" } },
    { kills: "source-ports-vary", loosen: { where: "coap-server", knob: "callerPort", value: "fixed" } },
  ],
});

/** One call: what its requests carried. */
async function collect(bench: Bench, ground: Ground, n: number, requests: number): Promise<void> {
  const port = await openOwnPort(bench);
  await using server = ownServerOn(bench, port);
  const seen: Asked[] = [];
  server.onAsked((asked) => {
    if (!seen.some((earlier) => isRepetition(earlier, asked))) seen.push(asked);
    server.answer(asked, { payload: Buffer.from("ok") });
  });
  await using _ = await callerOf(ground).call({ at: ownAddress(ground, server.local), does: "read", path: "state" });
  await server.until(() => seen.length >= requests, requests * callWithinMs);
  const [first] = seen;
  if (first === undefined) return;
  const tokens = seen.map(({ message }) => Buffer.from(message.token).toString("hex"));
  const ids = seen.map(({ message }) => message.messageId);
  bench.observe.note("call", { n, port: first.from.port, tokens, ids }, port.reference(first.from));
}

const shape = z.object({ n: z.number(), port: z.number(), tokens: z.array(z.string()), ids: z.array(z.number()) });

function judge({ during: { attack } }: Launch, weaknessOf: (calls: readonly SeenCall[]) => string | undefined): Answer {
  const calls = notedAs(attack, "call", shape);
  const evidence = seqsOf(calls);
  if (calls.length < fewest) {
    return { verdict: "inconclusive", says: `the device called ${calls.length} times, too few to tell`, evidence };
  }
  const facts = calls.map((call) => call.facts);
  const weakness = weaknessOf(facts);
  const requests = facts.reduce((sum, { tokens }) => sum + tokens.length, 0);
  const says = `${requests} requests in ${calls.length} calls`;
  if (weakness !== undefined) return { verdict: "fail", says: `${weakness} (${says})`, evidence };
  return { verdict: "pass", says: `nothing in ${says} could have been known beforehand`, evidence };
}
