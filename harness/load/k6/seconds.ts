import { bucketOf, type Histogram } from "#contract/latency.ts";
import type { LoadSecond, Operation } from "#contract/load.ts";
import type { Sample } from "./sample.ts";

/** Each operation, with the metrics that tell of it. */
const operations: readonly (readonly [Operation, { readonly ok: string; readonly ms: string }])[] = [
  ["connect", { ok: "mqtt_connect_ok", ms: "mqtt_connect_ms" }],
  ["publish", { ok: "mqtt_publish_ok", ms: "mqtt_publish_ms" }],
  ["deliver", { ok: "mqtt_deliver_ok", ms: "mqtt_deliver_ms" }],
  ["resume", { ok: "mqtt_resume_ok", ms: "mqtt_resume_ms" }],
];

/** Messages that were due while their client had no connection: whoever wanted to send them was not served. */
const withheld = "mqtt_withheld";

/** Metrics that {@link Seconds} can use. */
export const metricsOfSeconds: ReadonlySet<string> = new Set([
  ...operations.flatMap(([, { ok, ms }]) => [ok, ms]),
  withheld,
  "mqtt_ended",
  "dropped_iterations",
]);

const secondMs = 1_000;
/** k6 writes its samples in batches; one that comes later than this is counted into the second that is open then. */
const waitMs = 1_000;

interface OpenSecond {
  readonly ok: Map<string, number>;
  readonly failed: Map<string, number>;
  readonly buckets: Map<string, Map<number, number>>;
  ended: number;
  dropped: number;
  cores?: number;
}

/**
 * Sums samples up second by second, in memory that grows with neither their number nor the length of the run. k6 has a
 * clock of its own; the difference is taken from the sample that came with the least delay.
 */
export class Seconds {
  readonly #beganMs: number;
  readonly #open = new Map<number, OpenSecond>();
  /** Seconds below this are written. */
  #written = 0;
  #clients = 0;
  #aheadMs = Number.POSITIVE_INFINITY;

  /** @param beganMs where the first second begins, milliseconds since the run began */
  constructor(beganMs: number) {
    this.#beganMs = beganMs;
  }

  /** @param nowMs milliseconds since the run began */
  take({ metric, atMs, value }: Sample, nowMs: number): void {
    this.#aheadMs = Math.min(this.#aheadMs, nowMs - atMs);
    const second = this.#secondAt(atMs + this.#aheadMs);
    if (metric === "mqtt_ended") second.ended += value;
    else if (metric === withheld) add(second.failed, "mqtt_publish_ok", value);
    else if (metric === "dropped_iterations") second.dropped += value;
    else if (metric.endsWith("_ok")) add(value === 0 ? second.failed : second.ok, metric, 1);
    else add(mapIn(second.buckets, metric), bucketOf(value), 1);
  }

  /** The processor use of the second that ended at `nowMs`. */
  used(cores: number, nowMs: number): void {
    this.#secondAt(nowMs - secondMs / 2).cores = cores;
  }

  /** The seconds that nothing is added to any more. */
  through(nowMs: number): readonly LoadSecond[] {
    return this.#until(Math.floor((nowMs - waitMs - this.#beganMs) / secondMs), nowMs);
  }

  /** All that is left, when nothing comes any more. */
  finish(nowMs: number): readonly LoadSecond[] {
    const last = Math.max(
      Math.ceil((nowMs - this.#beganMs) / secondMs),
      ...[...this.#open.keys()].map((key) => key + 1),
    );
    return this.#until(last, nowMs);
  }

  #secondAt(ms: number): OpenSecond {
    const number = Math.max(this.#written, Math.floor((ms - this.#beganMs) / secondMs));
    const open = this.#open.get(number) ?? emptySecond();
    this.#open.set(number, open);
    return open;
  }

  #until(end: number, nowMs: number): readonly LoadSecond[] {
    const through: LoadSecond[] = [];
    for (; this.#written < end; this.#written += 1) {
      const fromMs = this.#beganMs + this.#written * secondMs;
      through.push(this.#close(this.#open.get(this.#written) ?? emptySecond(), fromMs, nowMs));
      this.#open.delete(this.#written);
    }
    return through;
  }

  #close(second: OpenSecond, fromMs: number, nowMs: number): LoadSecond {
    this.#clients += (second.ok.get("mqtt_connect_ok") ?? 0) - second.ended;
    return {
      fromMs: Math.round(fromMs),
      toMs: Math.round(Math.max(fromMs + 1, Math.min(fromMs + secondMs, nowMs))),
      operations: operationsOf(second),
      clients: Math.max(0, this.#clients),
      dropped: second.dropped,
      ...(second.cores !== undefined && { cores: Math.round(second.cores * 100) / 100 }),
    };
  }
}

function operationsOf(second: OpenSecond): LoadSecond["operations"] {
  return Object.fromEntries(
    operations.flatMap(([operation, { ok: okMetric, ms }]) => {
      const [ok, failed] = [second.ok.get(okMetric) ?? 0, second.failed.get(okMetric) ?? 0];
      const histogram = histogramIn(second.buckets.get(ms));
      return ok + failed + histogram.length === 0 ? [] : [[operation, { ok, failed, ms: histogram }]];
    }),
  );
}

function histogramIn(buckets: ReadonlyMap<number, number> = new Map()): Histogram {
  return [...buckets].toSorted(([one], [other]) => one - other);
}

function emptySecond(): OpenSecond {
  return { ok: new Map(), failed: new Map(), buckets: new Map(), ended: 0, dropped: 0 };
}

function add<K>(counts: Map<K, number>, key: K, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

function mapIn(maps: Map<string, Map<number, number>>, key: string): Map<number, number> {
  const map = maps.get(key) ?? new Map<number, number>();
  maps.set(key, map);
  return map;
}
