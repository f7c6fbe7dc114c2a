import { notesOf } from "#contract/judging.ts";
import type { ActorId } from "#contract/observation.ts";
import type { RunRecord } from "#contract/record.ts";
import { memberOf } from "../../judge/counters.ts";
import type { Interval } from "./intervals.ts";

/** Share of a fleet that must stay connected, and may not even for a moment be lost. */
const connectedShare = 0.95;

/** Share of the seconds in which something was done to the broker that must be served all the same. */
export const servedShare = 0.9;

/** Whether a fleet was served in an interval: it stayed connected, and did its work each time that it was due. */
export function isServed({ expected, connected, lost, functionDue, functionPerformed }: Interval): boolean {
  const stays = isConnected({ expected, connected }) && lost <= (1 - connectedShare) * expected;
  return stays && functionPerformed >= functionDue;
}

/** The state of a fleet in words. */
export function sayService({ expected, connected, lost, functionDue, functionPerformed }: Interval): string {
  return `${connected} of ${expected} devices connected, ${lost} lost, function performed ${functionPerformed} of ${functionDue} times`;
}

/** The control: every fleet was seen connected, and was so in the last second before the observation `seq`. */
export function wasWell(
  { history }: RunRecord,
  seq: number,
  fleets: ReadonlyMap<ActorId, readonly Interval[]>,
): boolean {
  const settled = notesOf(history, "fleet.settled").findLast((seen) => seen.seq < seq);
  if (settled === undefined || memberOf(settled.detail, "settled") !== true) return false;
  return [...fleets.values()].every((intervals) => {
    const last = intervals.findLast((interval) => interval.seq < seq);
    return last === undefined || last.seq < settled.seq || isConnected(last);
  });
}

function isConnected({ expected, connected }: Pick<Interval, "expected" | "connected">): boolean {
  return connected >= connectedShare * expected;
}
