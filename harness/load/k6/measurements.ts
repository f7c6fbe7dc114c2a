import { bucketOf, type Histogram } from "#contract/latency.ts";
import type { Sample } from "./sample.ts";
import { metricsOfSeconds } from "./seconds.ts";

/** Metrics that are summed up over the whole load. */
export const metricsOfWhole: ReadonlySet<string> = new Set([
  "mqtt_connect_ok",
  "mqtt_published",
  "mqtt_received",
  "dropped_iterations",
  "iterations",
  "load_not_begun",
  "load_late_ms",
]);

/** All metrics that are read of k6's stream. */
export const wantedMetrics: ReadonlySet<string> = new Set([...metricsOfSeconds, ...metricsOfWhole]);

/** Sums over a whole load. Of a rate, the sum is how often it was 1. */
export class Measurements {
  readonly #sums = new Map<string, number>();
  readonly #late = new Map<number, number>();

  take({ metric, value }: Sample): void {
    if (metric === "load_late_ms") {
      const bucket = bucketOf(value);
      this.#late.set(bucket, (this.#late.get(bucket) ?? 0) + 1);
    } else if (metricsOfWhole.has(metric)) this.#sums.set(metric, (this.#sums.get(metric) ?? 0) + value);
  }

  sum(metric: string): number {
    return this.#sums.get(metric) ?? 0;
  }

  /** How late work began. */
  get late(): Histogram {
    return [...this.#late].toSorted(([one], [other]) => one - other);
  }
}
