import { z } from "zod";
import { defineAttack } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import { canary } from "#contract/canary.ts";
import type { Answer } from "#contract/check.ts";
import { foundIn, seqOf, textOf } from "#contract/detail.ts";
import { Refused } from "#contract/errors.ts";
import { attemptsOf, judgeLaunches, type Launch } from "#contract/judging.ts";
import { duration } from "#contract/parameters.ts";
import { code } from "#simulator/coap/code.ts";
import { option, optionNumber } from "#simulator/coap/option.ts";
import { type Asker, hasSecure, openAsker, plainAt } from "./parts/access-asker.ts";
import { attackersOf } from "./parts/access-attackers.ts";
import { judgePursuits } from "./parts/access-judging.ts";
import { askPatiently } from "./parts/access-patience.ts";
import { pursue, pursuitsOf } from "./parts/access-pursuit.ts";
import { saysNo } from "./parts/access-reply.ts";
import { mustServe } from "./parts/access-serving.ts";
import { openOrigin } from "./parts/proxy-origin.ts";

const id = "coap.proxy-cache";

export const proxyCache = defineAttack({
  id,
  title: "Read from a proxy's cache what another has asked",
  speaks: "coap",
  severity: "high",
  layer: "data",
  explains: `The attack opens a server that answers each request with another canary, fresh for 60 s. The operator asks for it through
the target as a proxy, by DTLS; then a stranger without any security, and a device with a key of its own, ask through it
for the same. cached-answers-stay-with-who-asked fails where one of them got the operator's canary. It is not
applicable where the target forwards nothing for the operator, and not tested without DTLS.
The control: a rightful client is served.`,
  references: {
    cwe: ["CWE-524", "CWE-349", "CWE-200"],
    attack: ["T1557"],
    owasp: ["I3", "I7"],
    clauses: ["RFC 7252 §5.6", "RFC 7252 §11.2"],
    cases: ["CO-PRX-03"],
  },
  parameters: z.strictObject({
    window: duration({ atLeast: "100ms", atMost: "10s" }).prefault("1s").describe("how long an answer is waited for"),
  }),
  needs: ["operator"],
  strains: false,
  atMostMs: ({ window }) => 10 * window + 15_000,

  control: (bench, ground, { window }) => mustServe(bench, ground, window),

  async launch(bench, ground, { window }) {
    if (plainAt(ground) === undefined || !hasSecure(ground)) return;
    const given: string[] = [];
    const fresh = [option(optionNumber.maxAge, 60)];
    await using origin = await openOrigin(bench, ground.at, () => {
      const payload = canary(bench);
      given.push(payload);
      return { payload, options: fresh };
    });
    const { host, port } = origin.local;
    const where = `coap://${host}:${port}/${bench.random.hex(8)}`;
    await using operator = await openAsker(bench, ground, "operator", ground.identities.operator);
    if (!(await fill(bench, operator, where, given, window))) return;
    const secret = given.at(-1) ?? "";
    for (const open of attackersOf(bench, ground)) {
      await using other = await open();
      await pursue(bench, other, { goal: "read", how: "GET through the proxy", path: "" }, proxied(where), {
        withinMs: window,
        reached: (reply) => (reply === undefined ? undefined : reply.payload.includes(secret)),
      });
    }
  },

  recovery: (bench, ground, { window }) => mustServe(bench, ground, window),

  checks: [
    {
      id: "cached-answers-stay-with-who-asked",
      asks: "Does a proxy give what one client was answered to no other?",
      covers: "P3.1/no-secrets-in-clear",
      remedy:
        "Keep answers to requests that came by coaps out of every cache that others are served from (RFC 7252 §11.2). Then run this again: each client must get a canary of its own.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeCache),
    },
  ],
  twins: [
    {
      kills: "cached-answers-stay-with-who-asked",
      loosen: { where: "coap-server", knob: "proxyCache", value: "shared" },
      both: { "coap-server": { proxy: "open" } },
    },
  ],
});

function proxied(where: string) {
  return { code: code.get, options: [option(optionNumber.proxyUri, where)] };
}

/** The operator's own request through the proxy; whether its answer came from the attack's server. */
async function fill(
  bench: Bench,
  operator: Asker,
  where: string,
  given: readonly string[],
  withinMs: number,
): Promise<boolean> {
  const filled = await bench.observe.attempt("fill", null, async (trace) => {
    trace.wire(operator.reference);
    const { reply, answer } = await askPatiently(bench, operator, proxied(where), withinMs);
    trace.detail({ answer });
    if (given.some((text) => reply?.payload.includes(text) === true)) return;
    if (reply !== undefined && saysNo(reply)) throw new Refused(answer, `answered ${answer}`);
    throw new Error(`answered ${answer === "" ? "nothing" : answer}, without what the attack's server has`);
  });
  return filled.phase === "ok";
}

function judgeCache({ during: { attack } }: Launch): Answer {
  const [filled] = attemptsOf(attack, "fill");
  if (filled === undefined)
    return { verdict: "not-tested", says: "the target has no address with DTLS beside one without", evidence: [] };
  if (filled.phase === "refused") {
    const says = `the target forwards nothing, not even for the operator (${textOf(foundIn(filled), "answer")})`;
    return { verdict: "not-applicable", says, evidence: [seqOf(filled)] };
  }
  if (filled.phase === "unknown") {
    const says = "nobody knows whether the target is a proxy: nothing came back, and it did not say no";
    return { verdict: "inconclusive", says, evidence: [seqOf(filled)] };
  }
  return judgePursuits(pursuitsOf(attack, ["read"]), {
    did: "the answer to the operator was given to others",
    held: "requests of others were not answered with what the operator had asked for",
    untried: "nobody else asked",
  });
}
