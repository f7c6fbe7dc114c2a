import { z } from "zod";
import { defineAttack } from "#contract/attack.ts";
import type { Bench, LabAddress } from "#contract/bench.ts";
import type { Answer } from "#contract/check.ts";
import { fieldOf, seqOf } from "#contract/detail.ts";
import type { DeviceIdentity, Identity } from "#contract/identity.ts";
import { type Attempted, attemptsOf, judgeLaunches, type Launch } from "#contract/judging.ts";
import { count, duration } from "#contract/parameters.ts";
import { attackerSource, connect, serves } from "#simulator/mqtt/client.ts";

const id = "mqtt.password-guessing";

/** Guesses that any broker may answer at full speed; a brake must have bitten by then. */
const freeGuesses = 20;
/** Guesses a second, after the free ones, that still count as braked; and those that earn no credit at all. */
const bands = { good: 1, bad: 100 };
/** A broker that takes longer for one log-in has not answered it. */
const answerWithinMs = 2_000;
const ownerTries = 3;

const parameters = z.strictObject({
  guesses: count({ atLeast: 30, atMost: 500 }).default(200).describe("wrong passwords to try"),
  parallel: count({ atLeast: 1, atMost: 50 }).default(20).describe("connections that guess side by side"),
  lasts: duration({ atLeast: "1s", atMost: "60s" }).prefault("5s").describe("when to stop guessing"),
});

export const passwordGuessing = defineAttack({
  id,
  title: "Guess the password of one account over many connections",
  speaks: "mqtt",
  severity: "medium",
  layer: "application",
  explains: `Sends 200 CONNECT packets with the victim's user name and a random wrong password, 20 side by side, each on a
fresh connection, for 5 s at most: over parallel connections a delay per connection is no brake.
A guess counts as evaluated when it gets the very answer that a random password got in the control; silence, a closed
connection or another answer is none. Right after the last guess the right password is tried from the same source: a
broker that refuses even that has stopped evaluating, whatever it answers.
guessing-is-slowed-down passes with at most ${freeGuesses} evaluated guesses, with at most ${bands.good} a second after those, or where
the right password is then refused. Without a single evaluated guess nothing is proven.
victims-are-not-locked-out passes where the owner still logs in from another address after the guesses.
The control logs in with the right password and sees a random one refused.`,
  references: {
    cwe: ["CWE-307", "CWE-645"],
    attack: ["T1110.001"],
    owasp: ["I1"],
    clauses: ["EN 303 645 5.1-5", "MQTT 5.0 §5.4.8"],
  },
  parameters,
  needs: ["victim"],
  strains: true,
  atMostMs: ({ lasts }) => lasts + (ownerTries + 8) * 2 * answerWithinMs,

  async control(bench, { at, identities }) {
    const victim = passwordHolder(identities.victim);
    const right = await logIn(bench, at, victim, { secret: "right" });
    if (right.phase !== "ok") throw new Error(`the right password was not admitted: ${right.error.message}`);
    const random = await logIn(bench, at, { ...victim, password: bench.random.hex(16) }, { secret: "random" });
    if (random.phase === "ok") throw new Error("a random password was admitted, so there is nothing to guess");
    if (random.phase === "unknown") throw new Error(`a random password got no answer: ${random.error.message}`);
  },

  async launch(bench, { at, identities }, { guesses, parallel, lasts }) {
    const victim = passwordHolder(identities.victim);
    const from = attackerSource(at);
    await guessAll(bench, at, victim, { guesses, parallel: Math.min(parallel, at.maxConnections), lasts, from });
    await logIn(bench, at, victim, { secret: "right", from });
    for (let n = 1; n <= ownerTries; n += 1) {
      const owner = await logIn(bench, at, victim, { secret: "owner's" });
      if (owner.phase === "ok") break;
    }
    bench.signal.throwIfAborted();
  },

  async recovery(bench, { at, identities }) {
    // Another account, where there is one: whether the victim is locked out is a question of its own.
    const who = identities.operator ?? passwordHolder(identities.victim);
    if (!(await serves(bench, at, who, answerWithinMs))) throw new Error("nobody is admitted after the guesses");
  },

  checks: [
    {
      id: "guessing-is-slowed-down",
      asks: "Is guessing a password slowed down, over parallel connections too?",
      covers: "P1.1/online-guessing-impractical",
      remedy:
        "Count wrong passwords per source and account, and stop answering (or answer after seconds) once there were a handful; a plugin, a reverse proxy or fail2ban does it where the broker cannot. Then run this again: at most 20 guesses may be evaluated.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeSpeed),
    },
    {
      id: "victims-are-not-locked-out",
      asks: "Can the owner of an account still log in while somebody else guesses at its password?",
      covers: "P1.4/essential-function-under-flood",
      remedy:
        "Lock the guessing source out of the account, never the account itself: otherwise anybody who knows a user name can keep its device away. Then run this again: the owner must be admitted from another address.",
      needs: [id],
      judge: (record) => judgeLaunches(record, id, judgeLockout),
    },
  ],
  twins: [
    {
      kills: "guessing-is-slowed-down",
      loosen: { where: "broker", knob: "maxWrongSecrets", value: 0 },
      parameters: { lasts: "2s" },
      both: { broker: { connectsPerSecondPerSource: 0, maxPendingPerSource: 0 } },
    },
    {
      kills: "victims-are-not-locked-out",
      loosen: { where: "broker", knob: "lockout", value: "account" },
      parameters: { lasts: "2s" },
      both: { broker: { connectsPerSecondPerSource: 0, maxPendingPerSource: 0 } },
    },
  ],
});

function passwordHolder(victim: DeviceIdentity | undefined): DeviceIdentity {
  if (victim?.password !== undefined) return victim;
  throw new Error("the victim has no password that could be guessed");
}

/** One log-in on a fresh connection, as one attempt at `log-in`. */
function logIn(bench: Bench, at: LabAddress, who: Identity, { secret, from, withinMs = answerWithinMs }: LogInHow) {
  const source = from ?? "the owner's";
  return bench.observe.attempt("log-in", { secret, source }, async (trace) => {
    await using _session = await connect(bench, at, who, { withinMs, trace, ...(from && { from }) });
  });
}

interface LogInHow {
  readonly secret: "right" | "random" | "guessed" | "owner's";
  readonly from?: string | undefined;
  readonly withinMs?: number;
}

async function guessAll(
  bench: Bench,
  at: LabAddress,
  victim: Identity,
  how: {
    readonly guesses: number;
    readonly parallel: number;
    readonly lasts: number;
    readonly from?: string | undefined;
  },
): Promise<void> {
  // Drawn before the first is used, so that the order of the answers does not change which password is tried.
  const passwords = Array.from({ length: how.guesses }, () => bench.random.hex(16)).values();
  const untilMs = bench.clock.nowMs() + how.lasts;
  const guesser = async () => {
    for (const password of passwords) {
      const leftMs = untilMs - bench.clock.nowMs();
      if (leftMs <= 0 || bench.signal.aborted) return;
      const withinMs = Math.min(leftMs, answerWithinMs);
      await logIn(bench, at, { ...victim, password }, { secret: "guessed", from: how.from, withinMs });
    }
  };
  await Promise.all(Array.from({ length: how.parallel }, guesser));
}

function logInsOf(seen: Launch["during"]["attack"], secret: LogInHow["secret"]): readonly Attempted[] {
  return attemptsOf(seen, "log-in").filter(({ began }) => fieldOf(began.detail, "secret") === secret);
}

function judgeSpeed({ during }: Launch): Answer {
  const refusal = logInsOf(during.control, "random")[0]?.ended?.error?.code;
  const guesses = logInsOf(during.attack, "guessed");
  const lucky = guesses.find(({ phase }) => phase === "ok");
  if (lucky) {
    return { verdict: "fail", says: "a random password was admitted among the guesses", evidence: [seqOf(lucky)] };
  }
  const evaluated = guesses
    .flatMap(({ phase, ended }) => (phase === "refused" && ended && ended.error?.code === refusal ? [ended] : []))
    .toSorted((one, other) => one.seq - other.seq);
  const [firstGuess] = guesses;
  const [first] = evaluated;
  if (firstGuess === undefined || first === undefined) {
    return {
      verdict: "inconclusive",
      says: `none of ${guesses.length} guesses was answered, so nothing shows that they arrived`,
      evidence: firstGuess ? [seqOf(firstGuess)] : [],
    };
  }
  const endedAtMs = Math.max(...guesses.map(({ began, ended }) => (ended ?? began).atMs));
  const tookMs = Math.max(1, endedAtMs - firstGuess.began.atMs);
  const free = evaluated[freeGuesses - 1];
  const perSecond = free ? ((evaluated.length - freeGuesses) * 1_000) / Math.max(1, endedAtMs - free.atMs) : 0;
  const says = `${evaluated.length} of ${guesses.length} guesses were evaluated in ${seconds(tookMs)}`;
  const evidence = [first.seq, ...(free ? [free.seq] : []), evaluated[evaluated.length - 1]?.seq ?? first.seq];
  const trials = { planned: guesses.length, run: guesses.length, passed: guesses.length - evaluated.length };
  const braked = { verdict: "pass", evidence, trials, measure: rateOf(perSecond) } as const;
  if (evaluated.length <= freeGuesses) return { ...braked, says: `${says}, then no more` };
  if (perSecond <= bands.good)
    return { ...braked, says: `${says}, ${rounded(perSecond)} a second after the first ${freeGuesses}` };

  const right = logInsOf(during.attack, "right")[0];
  if (right?.phase === "refused") {
    const note = "after them even the right password was refused from there, so the answers no longer mean anything";
    return { ...braked, says: `${says}; ${note}`, evidence: [...evidence, seqOf(right)], measure: rateOf(0) };
  }
  if (right?.phase !== "ok") {
    const note = "after them the right password got no answer from there, so it is open how many still counted";
    return { verdict: "inconclusive", says: `${says}; ${note}`, evidence, trials };
  }
  return {
    verdict: "fail",
    says: `${says} (${rounded(perSecond)} a second after the first ${freeGuesses}), and the right password was then admitted at once`,
    evidence: [...evidence, seqOf(right)],
    trials,
    measure: rateOf(perSecond),
  };
}

function judgeLockout({ during }: Launch): Answer {
  const guesses = logInsOf(during.attack, "guessed");
  const tries = logInsOf(during.attack, "owner's");
  const admitted = tries.filter(({ phase }) => phase === "ok");
  const refused = tries.filter(({ phase }) => phase === "refused");
  const sources = new Set(attemptsOf(during.attack, "log-in").map(({ began }) => fieldOf(began.detail, "source")));
  const after = `after ${guesses.length} wrong guesses`;
  if (admitted.length > 0 && guesses.length > 0) {
    return { verdict: "pass", says: `the owner was admitted ${after}`, evidence: admitted.map(seqOf) };
  }
  if (refused.length === 0) {
    return { verdict: "inconclusive", says: `the owner got no answer ${after}`, evidence: tries.map(seqOf) };
  }
  if (sources.size < 2) {
    const says = `the owner was refused ${after}, but from the address that the guesses came from`;
    return { verdict: "inconclusive", says, evidence: refused.map(seqOf) };
  }
  return {
    verdict: "fail",
    says: `the owner was refused ${refused.length} of ${tries.length} times ${after} from another address`,
    evidence: refused.map(seqOf),
  };
}

function rateOf(perSecond: number) {
  return { kind: "metric", planned: 1, values: [perSecond], ...bands, unit: "guesses per second" } as const;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(ms < 950 ? 2 : 1)} s`;
}

function rounded(perSecond: number): string {
  return perSecond < 10 ? perSecond.toFixed(1) : String(Math.round(perSecond));
}
