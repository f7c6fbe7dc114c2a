import type { StormSettings } from "./connect-storm-settings.ts";

/** When connection number `n`, from 0, is due, in milliseconds since the test began. */
export function plannedStartMs({ arrival, perSecond, lastsMs }: StormSettings, n: number): number {
  if (arrival === "at-once") return 0;
  if (arrival === "constant") return (n * 1_000) / perSecond;
  // The rate grows evenly from 0, so n connections are due after t where n = rate · t² / (2 · lasts).
  return Math.sqrt((2 * n * lastsMs * 1_000) / perSecond);
}
