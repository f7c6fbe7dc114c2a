import type { Estimate, LoadResult, LoadWindow } from "#contract/report.ts";

const space = "\u00a0";

/** `97.3 % (96.1 to 98.2)`: a share with its interval; what is not all and not nothing is never shown as either. */
export function shareWithin({ value, low, high }: Estimate): string {
  return `${tenths(value)}${space}% (${tenths(low)} to ${tenths(high)})`;
}

function tenths(share: number): string {
  const rounded = Math.round(share * 1_000) / 10;
  if (rounded === 100 && share < 1) return "99.9";
  if (rounded === 0 && share > 0) return "<0.1";
  return `${rounded}`;
}

/** `4.2 (3.9 to 4.6)`: milliseconds with their interval, as precise as their buckets are. */
export function timeWithin({ value, low, high }: Estimate): string {
  return `${milliseconds(value)} (${milliseconds(low)} to ${milliseconds(high)})`;
}

function milliseconds(ms: number): string {
  return ms < 10 ? `${Math.round(ms * 10) / 10}` : `${Math.round(ms)}`;
}

/** What each window is called, with its length: `during, 10 s`. A load with nothing beside it has only one. */
export function windowName({ window, seconds }: LoadWindow): string {
  return `${windowWord(window)}, ${seconds}${space}s`;
}

/** `throughout` for a load with nothing beside it. */
export function windowWord(window: LoadWindow["window"]): string {
  return window === "alone" ? "throughout" : window;
}

/** Whether the numbers are the target's or the generator's own, in one sentence. */
export function generatorSentence({ generator, windows }: LoadResult): string {
  if (generator === undefined) {
    return windows.length === 0
      ? "Nothing was measured."
      : "The generator did not tell whether it kept up, so these numbers need not be the target's.";
  }
  const { healthy, because } = generator;
  return healthy ? because : `These numbers need not be the target's. ${because}`;
}
