import type { Estimate, LoadResult, LoadWindow } from "#contract/report.ts";
import { loadRunsOf, sayWhySkipped, whyDoubtful } from "./load-runs.ts";
import type { Measured, Measurement, Metric } from "./metric.ts";

type Operations = LoadWindow["operations"];

/**
 * What loads of a run say of its target: the worst of every load and operation, while something was done beside the load;
 * over all of it where nothing was.
 */
export const loadMetrics: readonly (readonly [string, Metric])[] = [
  [
    "load.availability",
    {
      says: "lowest share of operations of a load that succeeded",
      unit: "share",
      measure: (measured) => worstOf(measured, (operations) => availability(operations), Math.min),
    },
  ],
  ["load.p50", quantile("half", "p50")],
  ["load.p95", quantile("95 in a hundred", "p95")],
  ["load.p99", quantile("99 in a hundred", "p99")],
];

function quantile(share: string, member: "p50" | "p95" | "p99"): Metric {
  return {
    says: `time in which ${share} operations of a load were done, of the slowest operation`,
    unit: "ms",
    measure: (measured) =>
      worstOf(measured, (operations) => operations.flatMap((each) => each[member] ?? []), Math.max),
  };
}

const availability = (operations: Operations) => operations.flatMap((each) => each.availability ?? []);

function worstOf(
  { history, loads }: Measured,
  read: (operations: Operations) => readonly Estimate[],
  worst: (...values: readonly number[]) => number,
): Measurement {
  const skipped = loads.find((load) => load.skipped);
  if (skipped?.skipped) return { missing: `${skipped.load} was skipped: ${sayWhySkipped(skipped.skipped)}` };
  const doubt = loadRunsOf(history).flatMap((run) => whyDoubtful(run) ?? [])[0];
  if (doubt !== undefined) return { doubtful: doubt };
  const values = loads.flatMap((load) => read(tellingOf(load))).map(({ value }) => value);
  return values.length === 0 ? undefined : { value: worst(...values) };
}

/** The operations of `during`, or of the whole load where nothing was done beside it. */
function tellingOf({ windows }: LoadResult): Operations {
  return (windows.find(({ window }) => window === "during") ?? windows[0])?.operations ?? [];
}
