import { bucketOf, type Histogram, millisecondsOfBucket } from "#contract/latency.ts";

const name = "seatrial_load_operation_seconds";

/** So many buckets of a {@link Histogram} make one here: each ends at about twice the time of the one before. */
const step = 14;
const mostMs = 60_000;
const ends: readonly number[] = Array.from({ length: Math.ceil(bucketOf(mostMs) / step) + 1 }, (_, at) => at * step);

/** Durations of operations that succeeded, by the labels of their series. */
export class LatencyText {
  readonly #series = new Map<string, Map<number, number>>();

  add(labels: { readonly [label: string]: string }, durations: Histogram): void {
    const key = Object.entries(labels)
      .map(([label, value]) => `${label}="${escaped(value)}"`)
      .join(",");
    const counts = this.#series.get(key) ?? new Map<number, number>();
    for (const [bucket, count] of durations) counts.set(bucket, (counts.get(bucket) ?? 0) + count);
    this.#series.set(key, counts);
  }

  /**
   * A histogram in the text format of Prometheus. prom-client takes durations one by one, of which a load has thousands a
   * second; ours are counted already, in buckets whose ends are among those here, so that no count is a guess.
   */
  text(): string {
    const head = [
      `# HELP ${name} Time that operations of loads took which succeeded; the sum is off by 2.5 % at most.`,
      `# TYPE ${name} histogram`,
    ];
    const lines = [...this.#series].flatMap(([labels, counts]) => seriesText(labels, [...counts]));
    return `${[...head, ...lines].join("\n")}\n`;
  }
}

function seriesText(labels: string, counts: Histogram): readonly string[] {
  const upTo = (end: number) => counts.reduce((sum, [bucket, count]) => sum + (bucket <= end ? count : 0), 0);
  const all = upTo(Number.POSITIVE_INFINITY);
  const seconds = counts.reduce((sum, [bucket, count]) => sum + (count * millisecondsOfBucket(bucket)) / 1_000, 0);
  return [
    ...ends.map((end) => `${name}_bucket{${labels},le="${endSeconds(end)}"} ${upTo(end)}`),
    `${name}_bucket{${labels},le="+Inf"} ${all}`,
    `${name}_sum{${labels}} ${seconds}`,
    `${name}_count{${labels}} ${all}`,
  ];
}

/** Where a bucket ends: between its middle and that of the next, as buckets grow by a factor. */
function endSeconds(bucket: number): string {
  const ms =
    bucket === 0 ? millisecondsOfBucket(0) : Math.sqrt(millisecondsOfBucket(bucket) * millisecondsOfBucket(bucket + 1));
  return String(Number((ms / 1_000).toPrecision(6)));
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
