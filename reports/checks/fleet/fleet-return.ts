import type { Interval } from "./intervals.ts";
import type { Outage } from "./outages.ts";

/** The share of a fleet whose return is timed. */
export const backShare = 0.9;
/** A fleet of which nobody tries for this long after the lift has given up. */
const givesUpAfterMs = 2_000;

/** How one fleet came through one outage. */
export type FleetReturn =
  | { readonly kind: "undisturbed" }
  | { readonly kind: "back"; readonly afterMs: number }
  /** Less than {@link backShare} were back within the watch; `gaveUp` where nobody tried any more. */
  | { readonly kind: "away"; readonly connected: number; readonly expected: number; readonly gaveUp: boolean };

/** Finds the moment after the lift at which nine tenths of the devices that should be connected were. */
export function fleetReturn(intervals: readonly Interval[], outage: Outage): FleetReturn {
  const { imposedAtMs, liftedAtMs, watchedUntilMs } = outage;
  const during = intervals.filter(({ fromMs, toMs }) => toMs > imposedAtMs && fromMs < watchedUntilMs);
  if (!during.some(isDisturbed)) return { kind: "undisturbed" };
  const back = during.flatMap(stepsOf).find((step) => step.atMs >= liftedAtMs && isBack(step));
  if (back !== undefined) return { kind: "back", afterMs: Math.round(back.atMs - liftedAtMs) };
  const last = during.findLast(({ expected }) => expected > 0);
  const gaveUp = hasGivenUp(during.filter(({ fromMs }) => fromMs >= liftedAtMs));
  return { kind: "away", connected: last?.connected ?? 0, expected: last?.expected ?? 0, gaveUp };
}

/** Whether the outage reached the fleet at all. */
export function isDisturbed({ size, lost, expected, connected }: Interval): boolean {
  return lost >= (1 - backShare) * size || connected < backShare * expected;
}

function isBack({ connected, expected }: { readonly connected: number; readonly expected: number }): boolean {
  return expected > 0 && connected >= backShare * expected;
}

/**
 * What was connected at the end of each tenth of an interval: what was at its end, less what came after. Losses are not
 * counted by tenth, so where there were some too this is the lower bound.
 */
function stepsOf({ fromMs, intervalMs, connected, expected, connectsByTenth }: Interval) {
  const { length } = connectsByTenth;
  return connectsByTenth.map((_, tenth) => ({
    atMs: fromMs + ((tenth + 1) * intervalMs) / length,
    connected: connected - connectsByTenth.slice(tenth + 1).reduce((sum, each) => sum + each, 0),
    expected,
  }));
}

function hasGivenUp(after: readonly Interval[]): boolean {
  const watchedMs = after.reduce((sum, { intervalMs }) => sum + intervalMs, 0);
  return watchedMs >= givesUpAfterMs && after.every(({ attempts }) => attempts === 0);
}
