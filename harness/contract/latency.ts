/**
 * Durations counted in buckets whose upper ends grow by {@link growth}: a quantile read from it is off by at most 2.5 %.
 * Each entry is the bucket's number and how many fell into it, in ascending order.
 */
export type Histogram = readonly (readonly [bucket: number, count: number])[];

const growth = 1.05;
/** Everything up to this belongs to bucket 0, milliseconds. */
const finestMs = 0.05;

/** The bucket of a duration in milliseconds. */
export function bucketOf(ms: number): number {
  return ms <= finestMs ? 0 : Math.ceil(Math.log(ms / finestMs) / Math.log(growth) - 1e-9);
}

/** What stands for every duration in a bucket, milliseconds: the geometric middle. */
export function millisecondsOfBucket(bucket: number): number {
  return bucket === 0 ? finestMs : finestMs * growth ** (bucket - 0.5);
}

/** Durations in milliseconds as a histogram. */
export function histogramOf(durations: readonly number[]): Histogram {
  return merged(durations.map((ms) => [[bucketOf(ms), 1]]));
}

/** Several histograms as one. */
export function merged(histograms: readonly Histogram[]): Histogram {
  const counts = new Map<number, number>();
  for (const histogram of histograms) {
    for (const [bucket, count] of histogram) counts.set(bucket, (counts.get(bucket) ?? 0) + count);
  }
  return [...counts].toSorted(([one], [other]) => one - other);
}

/** How many durations it holds. */
export function countOf(histogram: Histogram): number {
  return histogram.reduce((sum, [, count]) => sum + count, 0);
}

/** A quantile and its 95 % interval, milliseconds. */
export interface Quantile {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Two-sided 95 % of the normal distribution. */
const z95 = 1.959_964;

/**
 * The quantile `q` (0 to 1) with the interval that order statistics give (normal approximation of the binomial rank).
 * Undefined where there are no durations. With few durations the interval ends at the smallest and the largest.
 */
export function quantileOf(histogram: Histogram, q: number): Quantile | undefined {
  const n = countOf(histogram);
  if (n === 0) return undefined;
  const spread = z95 * Math.sqrt(n * q * (1 - q));
  return {
    value: atRank(histogram, Math.ceil(n * q)),
    low: atRank(histogram, Math.floor(n * q - spread)),
    high: atRank(histogram, Math.ceil(n * q + spread) + 1),
  };
}

function atRank(histogram: Histogram, rank: number): number {
  let passed = 0;
  for (const [bucket, count] of histogram) {
    passed += count;
    if (passed >= rank) return millisecondsOfBucket(bucket);
  }
  return millisecondsOfBucket(histogram.at(-1)?.[0] ?? 0);
}
