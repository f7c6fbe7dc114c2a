import { lateMs } from "./meters.ts";
import { nowMs } from "./now.ts";

/** When something happens, by the clock of the test. */
export interface Rhythm {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly everyMs: number;
}

/** No timer is exact to less than this, so that a faster rhythm does several beats at once. */
const finestMs = 2;

/** Does `beat` in this rhythm and `over` at its end; what a late timer missed is made up for at once, and its lateness measured. */
export function keepRhythm({ fromMs, untilMs, everyMs }: Rhythm, beat: () => void, over: () => void): void {
  let dueMs = fromMs;
  const wake = () => {
    if (nowMs() >= dueMs && dueMs < untilMs) lateMs.add(nowMs() - dueMs);
    for (; dueMs <= nowMs() && dueMs < untilMs; dueMs += everyMs) beat();
    if (dueMs < untilMs) setTimeout(wake, Math.max(finestMs, dueMs - nowMs()));
    else over();
  };
  setTimeout(wake, Math.max(0, dueMs - nowMs()));
}
