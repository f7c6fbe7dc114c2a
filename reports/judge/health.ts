import type { ActorId, History } from "#contract/observation.ts";
import type { HealthPoint } from "#contract/report.ts";
import { type Counted, countersOf } from "./counters.ts";

/** A fleet counts once a second, a little early or late; older counts say nothing about now. */
const staleAfterMs = 2_500;

/** How all fleets together fared, one point a second in which at least one of them counted. */
export function healthOf(history: History): readonly HealthPoint[] {
  const bySecond = Map.groupBy(countersOf(history), ({ atMs }) => Math.floor(atMs / 1_000));
  const latest = new Map<ActorId, Counted>();
  const points: HealthPoint[] = [];
  for (const [second, counted] of bySecond) {
    for (const each of counted) latest.set(each.actor, each);
    const current = [...latest.values()].filter(({ atMs }) => second * 1_000 - atMs < staleAfterMs);
    points.push({
      atMs: second * 1_000,
      connected: share(current, "connected", "expected") ?? 1,
      functioning: share(current, "functionPerformed", "functionDue") ?? points.at(-1)?.functioning ?? 1,
    });
  }
  return points;
}

/** Undefined where nothing was due, so that an idle second is neither good nor bad. */
function share(
  counted: readonly Counted[],
  part: "connected" | "functionPerformed",
  whole: "expected" | "functionDue",
): number | undefined {
  const total = counted.reduce((sum, each) => sum + each[whole], 0);
  if (total === 0) return undefined;
  return Math.min(1, counted.reduce((sum, each) => sum + each[part], 0) / total);
}
