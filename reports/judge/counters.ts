import { notesOf } from "#contract/judging.ts";
import type { ActorId, History, Json, Observation } from "#contract/observation.ts";

/** What one fleet counted in one interval, as far as the judge reads it. */
export interface Counted {
  readonly actor: ActorId;
  readonly atMs: number;
  readonly intervalMs: number;
  readonly expected: number;
  readonly connected: number;
  readonly functionDue: number;
  readonly functionPerformed: number;
  readonly attemptsByTenth: readonly number[];
  readonly connectsByTenth: readonly number[];
}

/** The counters of every fleet, in order of time. */
export function countersOf(history: History): readonly Counted[] {
  return notesOf(history, "fleet.counters")
    .filter(({ actor }) => actor.startsWith("device:"))
    .map(countedOf);
}

function countedOf({ actor, atMs, detail }: Observation): Counted {
  const read = (name: string) => numberOf(memberOf(detail, name)) ?? 0;
  const tenths = (name: string) => {
    const list = memberOf(detail, name);
    return Array.isArray(list) ? list.map((each) => numberOf(each) ?? 0) : [];
  };
  return {
    actor,
    atMs,
    intervalMs: read("intervalMs") || 1_000,
    expected: read("expected"),
    connected: read("connected"),
    functionDue: read("functionDue"),
    functionPerformed: read("functionPerformed"),
    attemptsByTenth: tenths("attemptsByTenth"),
    connectsByTenth: tenths("connectsByTenth"),
  };
}

/** A member of a recorded object; undefined where it is not one or has none of that name. */
export function memberOf(detail: Json | undefined, name: string): Json | undefined {
  if (typeof detail !== "object" || detail === null || Array.isArray(detail)) return undefined;
  return Object.entries(detail).find(([key]) => key === name)?.[1];
}

/** A recorded number; undefined for anything else. */
export function numberOf(value: Json | undefined): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}
