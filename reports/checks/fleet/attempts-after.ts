import type { Interval } from "./intervals.ts";

const tenthMs = 100;
/** A report that comes later than this counts so much in its last tenth that it is no tenth of a second any more. */
const lateMs = 1_150;

/** Connection attempts in each whole tenth of a second of an interval that begins at or after `fromMs`. */
export function attemptsAfter(fromMs: number, interval: Interval): readonly number[] {
  const { attemptsByTenth, intervalMs } = interval;
  const whole = intervalMs > lateMs ? attemptsByTenth.slice(0, -1) : attemptsByTenth;
  return whole.filter((_, tenth) => interval.fromMs + tenth * tenthMs >= fromMs);
}
