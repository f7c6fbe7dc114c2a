import type { Answer } from "#contract/check.ts";
import type { ActorId } from "#contract/observation.ts";
import type { RunRecord } from "#contract/record.ts";
import { intervalsIn } from "./fleet-return.ts";
import { fleetName, type Interval } from "./intervals.ts";
import { judgeOutages, type Outage, type Outages } from "./outages.ts";

/** So many functions must have been due on devices without a link before their success says something. */
const leastDue = 3;

/**
 * Whether devices performed their essential function every time it was due around an outage. A function that was due and
 * not performed is a failure; a pass needs functions that certainly fell due while devices were cut off.
 * @param only the id of a disruption; all that sever connections where it is left out.
 */
export function judgeFunctionOffline(record: RunRecord, only?: string): Answer {
  return judgeOutages(record, only, judge);
}

/** One fleet in one outage. */
interface Count {
  readonly outage: Outage;
  readonly fleet: string;
  readonly due: number;
  readonly performed: number;
  /** Functions that were due on devices without a link, at least. */
  readonly dueOffline: number;
  readonly seqs: readonly number[];
}

function judge({ sound, planned, fleets }: Outages): Answer {
  const counts = sound.flatMap((outage) =>
    [...fleets].map(([actor, intervals]) => countOf(outage, actor, intervalsIn(intervals, outage))),
  );
  const evidence = [...sound.flatMap((outage) => outage.evidence), ...counts.flatMap(({ seqs }) => seqs)];
  const failures = counts.filter(({ due, performed }) => performed < due);
  const passed = sound.length - new Set(failures.map(({ outage }) => outage)).size;
  const trials = { planned, run: sound.length, passed };
  const [failed] = failures;
  if (failed !== undefined) {
    const { fleet, outage, due, performed, seqs } = failed;
    const says = `around ${outage.name}, ${fleet} performed its function ${performed} of ${due} times that it was due`;
    return { verdict: "fail", says, evidence: [...outage.evidence, ...seqs], trials };
  }
  const untried = sound.find((outage) => dueOffline(counts.filter((each) => each.outage === outage)) < leastDue);
  if (untried !== undefined) {
    const says = `hardly a function was due on devices without a link in ${untried.name}; make it last longer`;
    return { verdict: "inconclusive", says, evidence };
  }
  const times = Math.floor(dueOffline(counts));
  const names = sound.map(({ name }) => name).join(", ");
  const says = `devices performed every function that was due, at least ${times} of them without a link (${names})`;
  return { verdict: "pass", says, evidence, trials };
}

function dueOffline(counts: readonly Count[]): number {
  return counts.reduce((sum, count) => sum + count.dueOffline, 0);
}

function countOf(outage: Outage, actor: ActorId, intervals: readonly Interval[]): Count {
  const due = intervals.reduce((sum, { functionDue }) => sum + functionDue, 0);
  const performed = intervals.reduce((sum, { functionPerformed }) => sum + functionPerformed, 0);
  const offline = intervals.map((interval, at) => interval.functionDue * offlineShare(interval, intervals[at - 1]));
  const seqs = intervals.filter(({ functionDue }) => functionDue > 0).map(({ seq }) => seq);
  return { outage, fleet: fleetName(actor), due, performed, dueOffline: offline.reduce((a, b) => a + b, 0), seqs };
}

/** The share of devices that were without a link at both ends of an interval. */
function offlineShare(interval: Interval, before: Interval | undefined): number {
  if (before === undefined || interval.size === 0) return 0;
  return Math.min(offlineAtEnd(before), offlineAtEnd(interval)) / interval.size;
}

function offlineAtEnd({ expected, connected }: Interval): number {
  return Math.max(0, expected - connected);
}
