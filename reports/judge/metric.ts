import type { History } from "#contract/observation.ts";
import type { HealthPoint, LoadResult, Recovery } from "#contract/report.ts";

/** What the metrics are measured on. */
export interface Measured {
  readonly history: History;
  readonly health: readonly HealthPoint[];
  readonly recoveries: readonly Recovery[];
  readonly loads: readonly LoadResult[];
}

/**
 * A measurement. `longerThan`: not seen to the end, but certainly more than this. `doubtful`: why what was measured does
 * not speak of the target. `missing`: why it was not measured. `undefined`: nothing to measure.
 */
export type Measurement =
  | { readonly value: number }
  | { readonly longerThan: number }
  | { readonly doubtful: string }
  | { readonly missing: string }
  | undefined;

/** One quantity of a run that a scenario may set a bound on. */
export interface Metric {
  readonly says: string;
  readonly unit: "ms" | "share";
  measure(measured: Measured): Measurement;
}
