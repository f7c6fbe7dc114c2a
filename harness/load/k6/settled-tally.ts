import type { Bench } from "#contract/bench.ts";
import type { Tally } from "#contract/target.ts";

const lookEveryMs = 500;

/** The target's counters now; undefined where it has none, or they cannot be read. */
export async function tallyNow(tally?: () => Promise<Tally>): Promise<Tally | undefined> {
  try {
    return await tally?.();
  } catch {
    return undefined;
  }
}

/** The target's counters once two readings are alike, or the last reading after `withinMs`: others may use it too. */
export async function settledTally(
  { clock }: Pick<Bench, "clock">,
  withinMs: number,
  tally?: () => Promise<Tally>,
): Promise<Tally | undefined> {
  const untilMs = clock.nowMs() + withinMs;
  let last = await tallyNow(tally);
  while (last !== undefined && clock.nowMs() < untilMs) {
    await clock.sleep(lookEveryMs);
    const next = await tallyNow(tally);
    if (next === undefined || alike(last, next)) return next ?? last;
    last = next;
  }
  return last;
}

function alike(one: Tally, other: Tally): boolean {
  return (["connections", "publishesReceived", "publishesSent"] as const).every((key) => one[key] === other[key]);
}
