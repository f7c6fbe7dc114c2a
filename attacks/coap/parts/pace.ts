import type { Bench, LabAddress } from "#contract/bench.ts";

/** Shorter waits are not worth a timer: whoever is ahead by less goes on. */
const worthMs = 10;

/** Waits before each message of a series until it may be sent, so that the scope's rate is kept on the whole. */
export function paceFor(bench: Bench, { maxRatePerSecond }: Pick<LabAddress, "maxRatePerSecond">): () => Promise<void> {
  const { clock, signal } = bench;
  let dueMs = clock.nowMs();
  return async () => {
    const aheadMs = dueMs - clock.nowMs();
    if (aheadMs > worthMs) await clock.sleep(aheadMs, signal);
    dueMs = Math.max(dueMs, clock.nowMs() - worthMs) + 1_000 / maxRatePerSecond;
  };
}
