import type { ActorId } from "#contract/observation.ts";
import { attemptsAfter } from "./attempts-after.ts";
import type { Interval } from "./intervals.ts";
import type { Outage } from "./outages.ts";

/** The share of all devices whose return is timed. */
const backShare = 0.9;
const tenthMs = 100;
/** A fleet of which nobody tries for so long has given up, or waits longer than any sensible delay. */
const givesUpAfterMs = 8_000;

/** How the fleets came through one outage, all devices together. */
export type FleetReturn =
  | { readonly kind: "undisturbed" }
  | { readonly kind: "back"; readonly afterMs: number }
  /** One fleet did not come back, and none of it even tried. */
  | { readonly kind: "gave-up"; readonly fleet: ActorId; readonly silentMs: number }
  | { readonly kind: "away"; readonly connected: number; readonly expected: number };

type Fleets = ReadonlyMap<ActorId, readonly Interval[]>;

/** Finds the moment after the lift at which nine tenths of all devices that should be connected were. */
export function fleetReturn(fleets: Fleets, outage: Outage): FleetReturn {
  const during = new Map([...fleets].map(([actor, intervals]) => [actor, intervalsIn(intervals, outage)]));
  const disturbed = [...during.values()].flat().filter(isDisturbed);
  if (disturbed.length === 0) return { kind: "undisturbed" };
  for (const [fleet, intervals] of during) {
    const silentMs = silenceOf(intervals, outage);
    if (silentMs >= givesUpAfterMs) return { kind: "gave-up", fleet, silentMs };
  }
  // Where it was noticed only after the lift, being connected before that is no return.
  const noticedMs = Math.min(...disturbed.map(({ fromMs }) => fromMs));
  const back = pooled(during).find((now) => now.atMs >= outage.liftedAtMs && now.atMs > noticedMs && isBack(now));
  if (back !== undefined) return { kind: "back", afterMs: Math.round(back.atMs - outage.liftedAtMs) };
  const last = [...during.values()].flatMap((intervals) => intervals.at(-1) ?? []);
  return { kind: "away", connected: sumOf(last, "connected"), expected: sumOf(last, "expected") };
}

/** The intervals that an outage and its watch touch. */
export function intervalsIn(intervals: readonly Interval[], outage: Outage): readonly Interval[] {
  return intervals.filter(({ fromMs, toMs }) => toMs > outage.imposedAtMs && fromMs < outage.watchedUntilMs);
}

/** Whether the outage reached the fleet at all. */
export function isDisturbed({ size, lost, expected, connected }: Interval): boolean {
  return lost >= (1 - backShare) * size || connected < backShare * expected;
}

interface Connected {
  readonly connected: number;
  readonly expected: number;
}

function isBack({ connected, expected }: Connected): boolean {
  return expected > 0 && connected >= backShare * expected;
}

/**
 * How long a fleet that did not come back made no attempt, from when it first missed a connection; 0 where it came back
 * or tried. Before that it had nothing to try: what speaks CoAP notices an outage by unanswered requests only.
 */
function silenceOf(intervals: readonly Interval[], { imposedAtMs }: Outage): number {
  const last = intervals.at(-1);
  if (last === undefined || last.expected === 0 || isBack(last)) return 0;
  const tried = intervals.some((interval) => attemptsAfter(imposedAtMs, interval).some((attempts) => attempts > 0));
  const noticed = intervals.find(({ connected, expected, lost }) => lost > 0 || connected < expected) ?? last;
  return tried ? 0 : last.toMs - Math.max(imposedAtMs, noticed.fromMs);
}

/** All devices together, at every moment at which the count of one fleet is known anew. */
function pooled(fleets: Fleets): readonly (Connected & { readonly atMs: number })[] {
  const steps = [...fleets].flatMap(([actor, intervals]) => intervals.flatMap((interval) => stepsOf(actor, interval)));
  const now = new Map<ActorId, Connected>();
  return steps
    .toSorted((one, other) => one.atMs - other.atMs)
    .map((step) => {
      now.set(step.actor, step);
      return {
        atMs: step.atMs,
        connected: sumOf([...now.values()], "connected"),
        expected: sumOf([...now.values()], "expected"),
      };
    });
}

/**
 * What was connected at the end of each tenth of an interval: what was at its end, less what came after. Losses are not
 * counted by tenth, so where there were some too this is the lower bound.
 */
function stepsOf(actor: ActorId, { fromMs, toMs, connected, expected, connectsByTenth }: Interval) {
  return connectsByTenth.map((_, tenth) => {
    const later = connectsByTenth.slice(tenth + 1).reduce((sum, each) => sum + each, 0);
    // What happens after a second in an interval that is longer is counted in the last tenth.
    const endsMs = tenth === connectsByTenth.length - 1 ? toMs : Math.min(toMs, fromMs + (tenth + 1) * tenthMs);
    return { actor, atMs: endsMs, connected: connected - later, expected };
  });
}

function sumOf<K extends string>(all: readonly { readonly [key in K]: number }[], key: K): number {
  return all.reduce((sum, each) => sum + each[key], 0);
}
