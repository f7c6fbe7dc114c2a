import { nowMs } from "./now.ts";
import type { Outbox } from "./outbox.ts";

/** Acknowledgements that are not there after this long do not come, milliseconds. */
export const drainMs = 3_000;
const lookEveryMs = 20;

/** Goes on once all is acknowledged; what is not when the patience ends is given up. */
export function whenEmpty(outbox: Outbox, next: () => void): void {
  const untilMs = nowMs() + drainMs;
  const look = () => {
    if (outbox.isEmpty || nowMs() >= untilMs) {
      outbox.abandon();
      next();
    } else setTimeout(look, lookEveryMs);
  };
  look();
}
