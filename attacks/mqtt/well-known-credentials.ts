import { z } from "zod";
import { defineAttack, type Ground } from "#contract/attack.ts";
import type { Bench, LabAddress } from "#contract/bench.ts";
import type { Answer } from "#contract/check.ts";
import { fieldOf, seqOf, textOf } from "#contract/detail.ts";
import type { Identity } from "#contract/identity.ts";
import { attemptsOf, judgeLaunches, type Launch } from "#contract/judging.ts";
import { count } from "#contract/parameters.ts";
import { attackerSource, connect, serves } from "#simulator/mqtt/client.ts";
import pairs from "./well-known-credentials.json" with { type: "json" };

const id = "mqtt.well-known-credentials";
const answerWithinMs = 2_000;
const control = { random: "random", legitimate: "legitimate" } as const;

export const wellKnownCredentials = defineAttack({
  id,
  title: "Try the user names and passwords that everybody knows",
  speaks: "mqtt",
  severity: "critical",
  layer: "application",
  explains: `Tries at most ${pairs.length} pairs of factory and documentation credentials, one CONNECT each with the user name as client
id, 20 a second and 5 at once, and stops at the first that is admitted. No account is tried more than four times, so a
lockout per account does not hide anything.
factory-logins-are-refused fails where a pair was admitted, and passes only where every pair got the very refusal that a
random pair got in the control: silence, or another answer half-way through, shows that somebody stopped evaluating.
The control sees a random pair refused and, where the target has identities, a legitimate log-in admitted.`,
  references: {
    cwe: ["CWE-1392", "CWE-798", "CWE-521"],
    attack: ["T1078.001", "T1110.001"],
    owasp: ["I1", "I9"],
    clauses: ["EN 303 645 5.1-1"],
  },
  parameters: z.strictObject({
    pairs: count({ atLeast: 1, atMost: pairs.length }).default(pairs.length).describe("how many of the list to try"),
    perSecond: count({ atLeast: 1, atMost: 50 }).default(20).describe("new connections a second"),
    parallel: count({ atLeast: 1, atMost: 20 }).default(5).describe("connections at once"),
  }),
  needs: [],
  strains: false,
  atMostMs: ({ pairs: planned, perSecond }) => (planned * 1_000) / perSecond + 30_000,

  async control(bench, { at, identities }) {
    const name = `seatrial-${bench.random.hex(4)}`;
    const nobody = { clientId: name, username: name, password: bench.random.hex(16) };
    const random = await logIn(bench, at, nobody, { pair: control.random });
    if (random.phase === "ok") throw new Error("a random pair was admitted: the target admits any secret");
    if (random.phase === "unknown") throw new Error(`a random pair got no answer: ${random.error.message}`);
    const legitimate = legitimateOf(identities);
    if (legitimate === undefined) return;
    const right = await logIn(bench, at, legitimate, { pair: control.legitimate });
    if (right.phase !== "ok") throw new Error(`a legitimate log-in was not admitted: ${right.error.message}`);
  },

  async launch(bench, { at }, { pairs: planned, perSecond, parallel }) {
    const everyMs = 1_000 / Math.min(perSecond, at.maxRatePerSecond);
    const beganMs = bench.clock.nowMs();
    const left = pairs.slice(0, planned).entries();
    let found = false;
    const tryOn = async () => {
      for (const [n, [username = "", password = ""]] of left) {
        await bench.clock.sleep(Math.max(0, beganMs + n * everyMs - bench.clock.nowMs()), bench.signal);
        if (found || bench.signal.aborted) return;
        const tried = await logIn(
          bench,
          at,
          { clientId: username, username, password },
          { pair: n + 1, username, planned },
        );
        if (tried.phase === "ok") found = true;
      }
    };
    await Promise.all(Array.from({ length: Math.min(parallel, at.maxConnections) }, tryOn));
  },

  async recovery(bench, { at, identities }) {
    const legitimate = legitimateOf(identities);
    if (legitimate !== undefined) {
      if (!(await serves(bench, at, legitimate, answerWithinMs))) throw new Error("a legitimate client is not served");
      return;
    }
    const name = `seatrial-${bench.random.hex(4)}`;
    const heard = await logIn(bench, at, { clientId: name, username: name, password: name }, { pair: control.random });
    if (heard.phase === "unknown") throw new Error(`nobody answers a CONNECT any more: ${heard.error.message}`);
  },

  checks: [
    {
      id: "factory-logins-are-refused",
      asks: "Are all well-known factory log-ins refused?",
      covers: "P1.1/no-known-default-login",
      remedy:
        "Remove the account or give it a random secret of its own, per unit, before the product leaves the factory. Then run this again: every pair of the list must be refused.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeFactoryLogins),
    },
  ],
  twins: [{ kills: "factory-logins-are-refused", loosen: { where: "broker", knob: "factoryLogin", value: true } }],
});

function legitimateOf({ operator, victim }: Ground["identities"]): Identity | undefined {
  return operator ?? victim;
}

/** One attempt at `log-in`; the password is never written down. */
function logIn(
  bench: Bench,
  at: LabAddress,
  as: Identity,
  detail: { readonly pair: number | string; readonly username?: string; readonly planned?: number },
) {
  return bench.observe.attempt("log-in", detail, async (trace) => {
    await using _session = await connect(bench, at, as, { from: attackerSource(at), withinMs: answerWithinMs, trace });
  });
}

function judgeFactoryLogins({ during }: Launch): Answer {
  const tries = attemptsOf(during.attack, "log-in");
  const [first] = tries;
  if (first === undefined) return { verdict: "inconclusive", says: "no pair was tried", evidence: [] };
  const planned = Number(fieldOf(first.began.detail, "planned") ?? tries.length);
  const admitted = tries.filter(({ phase }) => phase === "ok");
  if (admitted.length > 0) {
    const names = admitted.map((one) => `"${textOf(one.began.detail, "username")}"`).join(", ");
    const says = `${names} was admitted with a well-known password (•••••)`;
    const trials = { planned, run: tries.length, passed: tries.length - admitted.length };
    return { verdict: "fail", says, evidence: admitted.map(seqOf), trials };
  }
  const random = attemptsOf(during.control, "log-in").find(
    ({ began }) => textOf(began.detail, "pair") === control.random,
  );
  const refusal = random?.ended?.error?.code;
  const evaluated = tries.filter(({ phase, ended }) => phase === "refused" && ended?.error?.code === refusal);
  const trials = { planned, run: tries.length, passed: evaluated.length };
  if (evaluated.length < planned) {
    const odd = tries.filter((one) => !evaluated.includes(one));
    const says = `only ${evaluated.length} of ${planned} pairs got the answer of a wrong password, so the others were perhaps never looked at`;
    return { verdict: "inconclusive", says, evidence: (odd.length > 0 ? odd : tries).map(seqOf), trials };
  }
  return {
    verdict: "pass",
    says: `all ${planned} well-known pairs were refused`,
    evidence: evaluated.map(seqOf),
    trials,
  };
}
