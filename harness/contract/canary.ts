import type { Bench } from "./bench.ts";

/** A text that nobody else writes: where it is seen, it came from this very moment of this run. */
export function canary(bench: Pick<Bench, "runId" | "random">): string {
  return `seatrial-${bench.runId}-${bench.random.hex(16)}`;
}
