import { z } from "zod";
import type { FleetCounters } from "#contract/device.ts";
import { notesOf } from "#contract/judging.ts";
import type { ActorId, Observation } from "#contract/observation.ts";
import type { RunRecord } from "#contract/record.ts";

/** What one fleet counted between two moments, milliseconds since the run began. */
export interface Interval extends FleetCounters {
  readonly seq: number;
  readonly fromMs: number;
  readonly toMs: number;
}

const number = z.number().nonnegative();
const tenths = z.array(number);
const counters = z.object({
  size: number,
  expected: number,
  connected: number,
  intervalMs: z.number().positive(),
  attempts: number,
  connects: number,
  refused: number,
  lost: number,
  published: number,
  acknowledged: number,
  received: number,
  functionDue: number,
  functionPerformed: number,
  overdue: number,
  overdueSafe: number,
  attemptsByTenth: tenths,
  connectsByTenth: tenths,
  stalledMs: number.optional(),
});

/** The intervals of every fleet, in order of time. Throws where a line is not what fleets write. */
export function intervalsByFleet({ history }: RunRecord): ReadonlyMap<ActorId, readonly Interval[]> {
  const notes = notesOf(history, "fleet.counters").filter(({ actor }) => actor.startsWith("device:"));
  return new Map([...Map.groupBy(notes, ({ actor }) => actor)].map(([actor, own]) => [actor, own.map(intervalOf)]));
}

function intervalOf({ seq, atMs, detail }: Observation): Interval {
  const { stalledMs, ...counted } = counters.parse(detail);
  return {
    ...counted,
    ...(stalledMs !== undefined && { stalledMs }),
    seq,
    fromMs: atMs - counted.intervalMs,
    toMs: atMs,
  };
}

/** `device:smart-lock#2` → `smart-lock #2`. */
export function fleetName(actor: ActorId): string {
  return actor.replace(/^device:/, "").replace("#", " #");
}
