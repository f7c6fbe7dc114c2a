import type { FleetCounters } from "#contract/device.ts";
import type { ActorId } from "#contract/observation.ts";
import type { RunHeader, RunRecord } from "#contract/record.ts";
import { historyOf, type Line, recordOf } from "./record.ts";

/** One disruption and the fleets beside it. Times are milliseconds since the run began. */
export interface Told {
  /** `disruption:link-cut` unless told otherwise. */
  readonly actor?: ActorId;
  readonly severs?: boolean;
  /** Whether the fleet was seen fully connected before. */
  readonly settled?: boolean;
  readonly imposedAtMs?: number;
  readonly endsAtMs?: number;
  /** When the lift had its effect; it never did where this is `never`. */
  readonly liftedAtMs?: number | "never";
  readonly watchedUntilMs?: number;
  /** What each fleet counted, second by second from the start of the run. */
  readonly fleets?: { readonly [actor: ActorId]: readonly Partial<FleetCounters>[] };
}

/** Counters of a second in which all forty devices of a fleet are connected and nothing happens. */
export const atRest: FleetCounters = {
  size: 40,
  expected: 40,
  connected: 40,
  intervalMs: 1_000,
  attempts: 0,
  connects: 0,
  refused: 0,
  lost: 0,
  published: 0,
  acknowledged: 0,
  received: 0,
  functionDue: 0,
  functionPerformed: 0,
  overdue: 0,
  overdueSafe: 0,
  attemptsByTenth: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  connectsByTenth: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
};

/** A run with one outage: imposed at 1 s, over at 4 s, watched until 10 s unless told otherwise. */
export function outageRecord(told: Told, header: Partial<RunHeader> = {}): RunRecord {
  return recordOf(historyOf(linesOf(told)), header);
}

/** A line that is not numbered yet; `closes` is the attempt that it ends. */
type Timed = Line & { readonly atMs: number; readonly closes?: Line };

function linesOf(told: Told): readonly Line[] {
  const { actor = "disruption:link-cut", severs = true, settled = true, imposedAtMs = 1_000, endsAtMs = 4_000 } = told;
  const { liftedAtMs = endsAtMs, watchedUntilMs = 10_000, fleets = {} } = told;
  const lines: Timed[] = [
    { actor: "lab:engine", action: "fleet.settled", phase: "noted", detail: { settled, fleets: 1 }, atMs: 0 },
  ];
  const add = (action: string, beginsMs: number, endedMs: number | "never", detail: Line["detail"]) => {
    const began = { actor, action, phase: "attempt", detail: detail ?? null, atMs: beginsMs } as const;
    lines.push(began);
    if (endedMs !== "never") lines.push({ actor, action, phase: "ok", atMs: endedMs, closes: began });
  };
  add("impose", imposedAtMs, imposedAtMs, { severs });
  add("lift", endsAtMs, liftedAtMs, null);
  if (liftedAtMs !== "never") {
    lines.push({ actor, action: "watched", phase: "noted", detail: { watchMs: 0 }, atMs: watchedUntilMs });
  }
  for (const [fleet, seconds] of Object.entries(fleets)) {
    for (const [second, changes] of seconds.entries()) {
      const detail = { ...atRest, ...changes };
      lines.push({
        actor: fleetActor(fleet),
        action: "fleet.counters",
        phase: "noted",
        detail,
        atMs: 1_000 * (second + 1),
      });
    }
  }
  const sorted = lines.toSorted((one, other) => one.atMs - other.atMs);
  return sorted.map((line) => lineOf(line, sorted));
}

function lineOf({ closes, ...line }: Timed, sorted: readonly Timed[]): Line {
  if (closes === undefined) return line;
  return { ...line, attempt: sorted.findIndex((each) => each === closes) };
}

function fleetActor(name: string): ActorId {
  return `device:${name.replace(/^device:/, "")}`;
}
