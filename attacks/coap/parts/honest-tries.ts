import type { Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import type { Answer } from "#contract/check.ts";
import { Refused } from "#contract/errors.ts";
import { attemptsOf, type Launch } from "#contract/judging.ts";
import { code, codeText, isSuccess } from "#simulator/coap/code.ts";
import type { HonestCoap } from "#simulator/coap/honest-client.ts";
import { seqOf } from "./detail.ts";
import { honestPath, honestWaitMs } from "./serving.ts";

/** As many as must all succeed for eight in ten to be proven with 95 % confidence (Wilson, one-sided). */
export const honestTries = 11;
const requiredShare = 0.8;

const action = "honest.ask";

/**
 * While an attack holds on: an honest client asks for what it may read, `count` times, one after the other.
 * Each is one attempt at `honest.ask`: ok where it was served in time, refused where it was answered with an error.
 */
export async function tryHonestly(
  bench: Bench,
  ground: Ground,
  client: HonestCoap,
  { count, everyMs }: { readonly count: number; readonly everyMs: number },
): Promise<void> {
  const path = honestPath(ground);
  for (let n = 1; n <= count && !bench.signal.aborted; n += 1) {
    const nextAtMs = bench.clock.nowMs() + everyMs;
    await bench.observe.attempt(action, { path, n }, async (trace) => {
      trace.wire(client.reference);
      const { code: answered } = await client.ask({ code: code.get, path }, honestWaitMs);
      if (!isSuccess(answered)) throw new Refused(codeText(answered), `/${path} was answered ${codeText(answered)}`);
    });
    if (n < count) await bench.clock.sleep(Math.max(0, nextAtMs - bench.clock.nowMs()), bench.signal);
  }
}

/** The tries that were served. */
export function honestServed({ during }: Pick<Launch, "during">): readonly number[] {
  return attemptsOf(during.attack, action)
    .filter(({ phase }) => phase === "ok")
    .map(seqOf);
}

/**
 * Judges the tries of {@link tryHonestly}: each of the eleven must have been served.
 * One without an answer counts against the target only where an honest client was served both before and after the
 * attack, so that nothing but the attack lies between.
 * @param meanwhile what the attacker did, for the sentence: `1,000 requests were sent`.
 */
export function judgeHonestTries({ during, recovery }: Launch, meanwhile: string): Answer {
  const tries = attemptsOf(during.attack, action);
  const served = tries.filter(({ phase }) => phase === "ok");
  const refused = tries.filter(({ phase }) => phase === "refused");
  const late = tries.filter(({ phase, ended }) => phase === "unknown" && ended !== undefined);
  const failed = recovery?.phase === "ok" ? [...refused, ...late] : refused;
  const trials = { planned: honestTries, run: tries.length, passed: served.length };
  const measure = {
    kind: "rate",
    planned: honestTries,
    passed: served.length,
    failed: failed.length,
    required: requiredShare,
  } as const;
  const says = `${served.length} of ${honestTries} honest requests were served within ${honestWaitMs / 1_000} s while ${meanwhile}`;
  if (failed.length > 0) {
    const how = `${refused.length} refused, ${late.length} without an answer`;
    return { verdict: "fail", says: `${says} (${how})`, evidence: failed.map(seqOf), trials, measure };
  }
  if (served.length < honestTries) {
    return { verdict: "inconclusive", says, evidence: tries.map(seqOf), trials, measure };
  }
  return { verdict: "pass", says, evidence: served.map(seqOf), trials, measure };
}
