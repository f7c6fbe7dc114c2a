/** One measurement of k6. */
export interface Sample {
  readonly metric: string;
  /** Milliseconds since the epoch, by the clock of k6. */
  readonly atMs: number;
  readonly value: number;
}

const start = '{"metric":"';

/**
 * Reads a line that k6 writes with `--out json`. Undefined for one that is no sample, or of a metric that nobody wants:
 * most lines are such, so they are recognised by their first letters.
 */
export function sampleOf(line: string, wanted: ReadonlySet<string>): Sample | undefined {
  if (!line.startsWith(start)) return undefined;
  const metric = line.slice(start.length, line.indexOf('"', start.length));
  if (!wanted.has(metric)) return undefined;
  const { time, value } = pointOf(line);
  const atMs = Date.parse(time);
  return Number.isNaN(atMs) || !Number.isFinite(value) ? undefined : { metric, atMs, value };
}

function pointOf(line: string): { readonly time: string; readonly value: number } {
  try {
    const read: unknown = JSON.parse(line);
    if (isObject(read) && isObject(read["data"])) {
      const { time, value } = read["data"];
      if (typeof time === "string" && typeof value === "number") return { time, value };
    }
  } catch {
    // A line that was cut off when k6 was killed.
  }
  return { time: "", value: Number.NaN };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
