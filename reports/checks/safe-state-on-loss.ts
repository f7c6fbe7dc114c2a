import { type Answer, anyOutage, type FreeCheck } from "#contract/check.ts";
import type { ActorId } from "#contract/observation.ts";
import { fleetName, type Interval } from "./fleet/intervals.ts";
import { judgeOutages, type Outage, type Outages } from "./fleet/outages.ts";

/** Share of devices that must be safe; the rest allows for a count taken in the moment that the time was over. */
const required = 0.9;
/** Devices must have been cut off for longer than their own time; where it is shorter for most, nothing was tried. */
const leastTried = 0.5;

/** Whether devices without control fall back to a state that harms nobody. */
export const safeStateOnLoss: FreeCheck = {
  id: "safe-state-on-loss",
  asks: "Are devices in their safe state once they have been without control for their declared time?",
  covers: "P1.4/safe-state-on-loss",
  remedy:
    "Start a timer on the device when it loses its connection, and enter the declared safe state when the timer runs out, whatever else the device is doing. Then run this again with an outage longer than that time: all devices must be counted as safe.",
  needs: [anyOutage],
  judge: (record) => judgeOutages(record, undefined, judge),
  exercise: { disruption: "link-cut" },
  twins: [
    {
      kills: "safe-state-on-loss",
      loosen: { where: "device", knob: "safeState", value: "ignored" },
      parameters: { lasts: "4s" },
    },
  ],
};

/** The count of one fleet at the moment when most of its devices were overdue. */
interface Sample {
  readonly fleet: string;
  readonly size: number;
  readonly overdue: number;
  readonly safe: number;
  readonly evidence: readonly number[];
}

function judge({ sound, fleets }: Outages): Answer {
  const samples = [...fleets].map(([actor, intervals]) => sampleOf(actor, intervals, sound));
  const evidence = samples.flatMap((sample) => sample.evidence);
  const planned = samples.reduce((sum, { size }) => sum + size, 0);
  const overdue = samples.reduce((sum, sample) => sum + sample.overdue, 0);
  const passed = samples.reduce((sum, { safe }) => sum + safe, 0);
  const measure = { kind: "rate", planned, passed, failed: overdue - passed, required } as const;
  const trials = { planned, run: overdue, passed };
  const unsafe = samples.find((sample) => sample.safe < required * sample.overdue);
  if (unsafe !== undefined) {
    const says = `${unsafe.overdue - unsafe.safe} of ${unsafe.overdue} devices of ${unsafe.fleet} were not in their safe state, past the time that they declare`;
    return { verdict: "fail", says, evidence: unsafe.evidence, measure, trials };
  }
  if (overdue < leastTried * planned) {
    const says = `only ${overdue} of ${planned} devices were cut off for longer than the time in which they must be safe; make the outage longer`;
    return { verdict: "inconclusive", says, evidence, measure, trials };
  }
  return {
    verdict: "pass",
    says: `${passed} of ${overdue} devices were in their safe state in time`,
    evidence,
    measure,
    trials,
  };
}

function sampleOf(actor: ActorId, intervals: readonly Interval[], outages: readonly Outage[]): Sample {
  const fleet = fleetName(actor);
  const size = intervals[0]?.size ?? 0;
  const counts = outages.flatMap((outage) =>
    intervals
      .filter(({ toMs }) => toMs > outage.imposedAtMs && toMs <= outage.watchedUntilMs)
      .map(({ seq, overdue, overdueSafe }) => ({
        overdue,
        safe: Math.min(overdue, overdueSafe),
        evidence: [...outage.evidence, seq],
      })),
  );
  // Of equal counts the last: by then the devices have been overdue for longest.
  const most = Math.max(0, ...counts.map(({ overdue }) => overdue));
  const found = counts.findLast(({ overdue }) => overdue === most && most > 0);
  return { fleet, size, ...(found ?? { overdue: 0, safe: 0, evidence: outages.flatMap((each) => each.evidence) }) };
}
