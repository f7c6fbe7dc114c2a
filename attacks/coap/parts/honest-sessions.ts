import type { Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import type { Answer } from "#contract/check.ts";
import { seqOf } from "#contract/detail.ts";
import { Refused } from "#contract/errors.ts";
import { honestTries } from "#contract/honest-tries.ts";
import { attemptsOf, type Launch } from "#contract/judging.ts";
import { code, codeText, isSuccess } from "#simulator/coap/code.ts";
import { honestPath, openHonest } from "./serving.ts";

/** Within this an honest client must have its session; and then as long again for its answer. */
export const sessionWithinMs = 3_000;
const requiredShare = 0.8;
/** After so many that were not served, more would only take time. */
const enoughFailed = 3;

const action = "honest.session";

/**
 * While an attack holds on: eleven times, one after the other, an honest client opens a session and asks in it, until
 * three of them were not served.
 * Each is one attempt at `honest.session`: ok where it was served in time, refused where the handshake was refused or the
 * answer is an error.
 */
export async function trySessions(bench: Bench, ground: Ground): Promise<void> {
  const path = honestPath(ground);
  let failed = 0;
  for (let n = 1; n <= honestTries && failed < enoughFailed && !bench.signal.aborted; n += 1) {
    const { phase } = await bench.observe.attempt(action, { path, n }, async (trace) => {
      await using client = await openHonest(bench, ground);
      trace.wire(client.reference);
      const { code: answered } = await client.ask({ code: code.get, path }, sessionWithinMs);
      if (!isSuccess(answered)) throw new Refused(codeText(answered), `/${path} was answered ${codeText(answered)}`);
    });
    if (phase !== "ok") failed += 1;
  }
}

/**
 * Judges the tries of {@link trySessions}: each of the eleven must have been served.
 * One without an answer counts against the target only where an honest client was served both before and after.
 * @param meanwhile what the attacker did, for the sentence: `100 handshakes were half open`.
 */
export function judgeSessions({ during, recovery }: Launch, meanwhile: string): Answer {
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
  const says = `${served.length} of ${tries.length} honest clients got a session and an answer in it while ${meanwhile}`;
  if (failed.length > 0) {
    const how = `${refused.length} refused, ${late.length} without an answer`;
    return { verdict: "fail", says: `${says} (${how})`, evidence: failed.map(seqOf), trials, measure };
  }
  const verdict = served.length < honestTries ? "inconclusive" : "pass";
  return { verdict, says, evidence: tries.map(seqOf), trials, measure };
}
