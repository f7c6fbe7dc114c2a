import { instance } from "k6/execution";

/** k6 makes a new one each time that it is asked for; it cannot be had before a virtual user runs. */
let here: typeof instance | undefined;

/**
 * Milliseconds since the test began, with fractions. One clock for all virtual users, so what one of them sends and
 * another receives can be timed by it; k6's `Date` knows whole milliseconds only.
 */
export function nowMs(): number {
  here ??= instance;
  return here.currentTestRunDuration;
}
