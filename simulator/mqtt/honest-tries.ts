import type { Bench, LabAddress } from "#contract/bench.ts";
import type { Answer } from "#contract/check.ts";
import type { Identity } from "#contract/identity.ts";
import { attemptsOf, type Launch } from "#contract/judging.ts";
import { connect, serves } from "./client.ts";
import { seqOf } from "./detail.ts";

/** As many as must all succeed for eight in ten to be proven with 95 % confidence (Wilson, one-sided). */
export const honestTries = 11;
const requiredShare = 0.8;
/** What an honest client may wait for each of CONNACK and PINGRESP. */
export const honestWaitMs = 2_000;

const action = "honest.connect";

/** For control and recovery. Throws where this client is not served. @param when `before the flood` */
export async function expectServed(
  bench: Bench,
  at: LabAddress,
  who: Identity | undefined,
  when: string,
): Promise<void> {
  if (who === undefined) throw new Error("there is no honest identity to connect with");
  if (!(await serves(bench, at, who, honestWaitMs))) throw new Error(`${who.clientId} is not served ${when}`);
}

/**
 * While an attack holds on: an honest client comes in, sends a PINGREQ and leaves, `count` times, one after the other.
 * Each is one attempt at `honest.connect`: ok where both answers came in time.
 * @param how `first` numbers the first try, where there were some before.
 */
export async function tryHonestly(
  bench: Bench,
  at: LabAddress,
  who: Identity,
  { count, everyMs, first = 1 }: { readonly count: number; readonly everyMs: number; readonly first?: number },
): Promise<void> {
  const last = first + count - 1;
  for (let n = first; n <= last && !bench.signal.aborted; n += 1) {
    const nextAtMs = bench.clock.nowMs() + everyMs;
    await bench.observe.attempt(action, { clientId: who.clientId, n }, async (trace) => {
      await using session = await connect(bench, at, who, { withinMs: honestWaitMs, trace });
      if (!(await session.ping(honestWaitMs))) throw new Error(`no PINGRESP within ${honestWaitMs} ms`);
    });
    if (n < last) await bench.clock.sleep(Math.max(0, nextAtMs - bench.clock.nowMs()), bench.signal);
  }
}

/**
 * Judges the tries of {@link tryHonestly}: each of the eleven must have been served.
 * One without an answer counts against the target only where the same client was served both before and after the
 * attack, so that nothing but the attack lies between.
 * @param during what the attacker did meanwhile, for the sentence: `200 connections were held`.
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
  const says = `${served.length} of ${honestTries} honest connects were served within ${honestWaitMs / 1_000} s while ${meanwhile}`;
  if (failed.length > 0) {
    const how = `${refused.length} refused, ${late.length} without an answer`;
    return { verdict: "fail", says: `${says} (${how})`, evidence: failed.map(seqOf), trials, measure };
  }
  if (served.length < honestTries) {
    return { verdict: "inconclusive", says, evidence: tries.map(seqOf), trials, measure };
  }
  return { verdict: "pass", says, evidence: served.map(seqOf), trials, measure };
}
