import type { Answer } from "./check.ts";
import { seqOf } from "./detail.ts";
import { attemptsOf, type Launch } from "./judging.ts";

/** As many as must all succeed for eight in ten to be proven with 95 % confidence (Wilson, one-sided). */
export const honestTries = 11;
const requiredShare = 0.8;
/** What an honest client may wait for an answer, milliseconds. */
export const honestWaitMs = 2_000;

/**
 * Judges the tries at `action`: each of the eleven must have been served.
 * One without an answer counts against the target only where the same client was served both before and after the
 * attack, so that nothing but the attack lies between.
 * @param given.what what was tried, and `meanwhile` what the attacker did, for the sentence: `connects`,
 * `200 connections were held`.
 */
export function judgeHonestTries(
  { during, recovery }: Launch,
  { action, what, meanwhile }: { readonly action: string; readonly what: string; readonly meanwhile: string },
): Answer {
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
  const says = `${served.length} of ${honestTries} honest ${what} were served within ${honestWaitMs / 1_000} s while ${meanwhile}`;
  if (failed.length > 0) {
    const how = `${refused.length} refused, ${late.length} without an answer`;
    return { verdict: "fail", says: `${says} (${how})`, evidence: failed.map(seqOf), trials, measure };
  }
  if (served.length < honestTries) {
    return { verdict: "inconclusive", says, evidence: tries.map(seqOf), trials, measure };
  }
  return { verdict: "pass", says, evidence: served.map(seqOf), trials, measure };
}
