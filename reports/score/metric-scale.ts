/**
 * Credit for a measured value of which less is better: all at `good`, none at `bad`, logarithmic between.
 * @returns 0 to 1
 */
export function metricScale(value: number, good: number, bad: number): number {
  if (value <= good) return 1;
  if (value >= bad) return 0;
  return Math.log(bad / value) / Math.log(bad / good);
}

/** The 90th percentile by nearest rank, of the values with the missing ones filled in; undefined where there are none. */
export function ninetiethPercentile(values: readonly number[], planned: number, missing: number): number | undefined {
  const filled = [...values, ...Array.from({ length: Math.max(0, planned - values.length) }, () => missing)];
  return filled.toSorted((one, other) => one - other)[Math.ceil(filled.length * 0.9) - 1];
}
