import type { Bench, LabAddress } from "#contract/bench.ts";
import type { Counter } from "#engine/lab.ts";

/** The simulator's counting relay as the engine wants it. */
export async function openLabCounter(bench: Bench, to: LabAddress): Promise<Counter> {
  const { openCountingRelay } = await import("#simulator/link/counting-relay.ts");
  return openCountingRelay(bench, to);
}
