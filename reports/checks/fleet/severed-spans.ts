import { notesOf } from "#contract/judging.ts";
import type { RunRecord } from "#contract/record.ts";
import { memberOf } from "../../judge/counters.ts";

/** A stretch of a run, milliseconds since it began. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

export function overlaps(one: Span, other: Span): boolean {
  return one.toMs > other.fromMs && one.fromMs < other.toMs;
}

/** When disruptions kept the fleet from its broker: from their imposition until the end of the watch. */
export function severedSpans({ history }: RunRecord): readonly Span[] {
  const imposed = history.filter(
    ({ action, phase, detail }) => action === "impose" && phase === "attempt" && memberOf(detail, "severs") === true,
  );
  return imposed.map(({ actor, atMs }) => {
    const watched = notesOf(history, "watched").find((seen) => seen.actor === actor);
    return { fromMs: atMs, toMs: watched?.atMs ?? Number.POSITIVE_INFINITY };
  });
}
