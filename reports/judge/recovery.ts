import { attemptsOf, notesOf } from "#contract/judging.ts";
import type { ActorId, History, Observation } from "#contract/observation.ts";
import type { Recovery } from "#contract/report.ts";
import { type Counted, countersOf, memberOf, numberOf } from "./counters.ts";

const tenthMs = 100;

/** How the fleets came back from each disruption that was imposed and lifted and that severs connections. */
export function recoveriesOf(history: History): readonly Recovery[] {
  const counted = countersOf(history);
  const byActor = Map.groupBy(history, ({ actor }) => actor);
  return [...byActor]
    .filter(([actor]) => actor.startsWith("disruption:"))
    .flatMap(([actor, seen]) => recoveryOf(actor, seen, counted, history.at(-1)?.atMs ?? 0) ?? []);
}

function recoveryOf(
  actor: ActorId,
  seen: readonly Observation[],
  counted: readonly Counted[],
  endMs: number,
): Recovery | undefined {
  const severs = attemptsOf(seen, "impose").some(({ began }) => memberOf(began.detail, "severs") === true);
  const liftedAtMs = attemptsOf(seen, "lift")[0]?.ended?.atMs;
  if (!severs || liftedAtMs === undefined) return undefined;
  const watched = notesOf(seen, "watched")[0];
  const watchedMs = numberOf(memberOf(watched?.detail, "watchMs")) ?? endMs - liftedAtMs;
  const fleets = [...Map.groupBy(counted, (each) => each.actor).values()];
  const curve = curveOf(fleets, liftedAtMs, watchedMs);
  if (
    curve.length === 0 ||
    !isSevered(fleets, attemptsOf(seen, "impose")[0]?.began.atMs ?? 0, liftedAtMs + watchedMs)
  ) {
    return undefined;
  }
  const devices = Math.max(0, ...curve.map(({ expected }) => expected));
  const reached = (share: number) => curve.find(({ back }) => back >= share)?.atMs;
  const [t50Ms, t90Ms, t99Ms] = [reached(0.5), reached(0.9), reached(0.99)];
  return {
    actor,
    title: titleOf(actor),
    liftedAtMs,
    devices,
    ...(t50Ms !== undefined && { t50Ms }),
    ...(t90Ms !== undefined && { t90Ms }),
    ...(t99Ms !== undefined && { t99Ms }),
    watchedMs,
    curve: bends(curve.map(({ atMs, back }) => ({ atMs, back }))),
    peakTenth: devices === 0 ? 0 : Math.min(1, peakOf(fleets.flat(), liftedAtMs, watchedMs) / devices),
  };
}

/**
 * Whether a device was seen without its connection in that time, or seeking it. Devices that speak CoAP notice an outage
 * by unanswered requests only; where it was over before they did, nobody has come back from anything.
 */
function isSevered(fleets: readonly (readonly Counted[])[], fromMs: number, toMs: number): boolean {
  return fleets
    .flat()
    .filter(({ atMs, intervalMs }) => atMs >= fromMs && atMs - intervalMs <= toMs)
    .some(
      ({ connected, expected, attemptsByTenth }) => connected < expected || attemptsByTenth.some((tries) => tries > 0),
    );
}

/** `disruption:broker-restart#2` → `Broker restart (2)`. */
function titleOf(actor: ActorId): string {
  const [id = "", times] = actor.slice("disruption:".length).split("#");
  const words = id.replaceAll("-", " ");
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}${times === undefined ? "" : ` (${times})`}`;
}

/** The share of all devices back at every tenth of a second of the watch, as long as somebody counted. */
function curveOf(fleets: readonly (readonly Counted[])[], liftedAtMs: number, watchedMs: number) {
  const steps = fleets.map((counted) => counted.flatMap(stepsOf));
  const lastMs = Math.max(liftedAtMs, ...steps.flatMap((own) => own.at(-1)?.atMs ?? []));
  const points: { atMs: number; back: number; expected: number }[] = [];
  for (let atMs = 0; atMs <= Math.min(watchedMs, lastMs - liftedAtMs); atMs += tenthMs) {
    const now = steps.flatMap((own) => own.findLast((step) => step.atMs <= liftedAtMs + atMs) ?? notYet(own));
    const expected = now.reduce((sum, step) => sum + step.expected, 0);
    const connected = now.reduce((sum, step) => sum + step.connected, 0);
    if (expected > 0) points.push({ atMs, back: Math.min(1, connected / expected), expected });
  }
  return points;
}

/** A fleet that has not counted yet is taken as not back. */
function notYet(steps: readonly { readonly expected: number }[]) {
  return steps.slice(0, 1).map(({ expected }) => ({ expected, connected: 0 }));
}

/**
 * A fleet's connections at the end of each tenth of an interval: what is connected at its end, less what connected
 * after. Losses are not counted by tenth, so where some happened too this is the lower bound.
 */
function stepsOf({ atMs, intervalMs, connected, expected, connectsByTenth }: Counted) {
  return connectsByTenth.map((_, tenth) => {
    const later = connectsByTenth.slice(tenth + 1).reduce((sum, each) => sum + each, 0);
    const endsMs = atMs - intervalMs + ((tenth + 1) * intervalMs) / connectsByTenth.length;
    return { atMs: endsMs, connected: Math.max(0, connected - later), expected };
  });
}

/** Keeps the points where the curve bends, and its ends. */
function bends(curve: readonly { readonly atMs: number; readonly back: number }[]) {
  return curve.filter(({ back }, at) => at === 0 || at === curve.length - 1 || back !== curve[at - 1]?.back);
}

/** Most connection attempts of all fleets within one tenth of a second after the lift. */
function peakOf(counted: readonly Counted[], liftedAtMs: number, watchedMs: number): number {
  const byTenth = new Map<number, number>();
  for (const { atMs, intervalMs, attemptsByTenth } of counted) {
    for (const [tenth, attempts] of attemptsByTenth.entries()) {
      const fromMs = atMs - intervalMs + (tenth * intervalMs) / attemptsByTenth.length - liftedAtMs;
      const slot = Math.floor(fromMs / tenthMs);
      if (slot >= 0 && fromMs < watchedMs) byTenth.set(slot, (byTenth.get(slot) ?? 0) + attempts);
    }
  }
  return Math.max(0, ...byTenth.values());
}
