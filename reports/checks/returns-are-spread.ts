import { type Answer, anyOutage, type FreeCheck } from "#contract/check.ts";
import { attemptsAfter } from "./fleet/attempts-after.ts";
import { intervalsIn, isDisturbed } from "./fleet/fleet-return.ts";
import { fleetName, type Interval } from "./fleet/intervals.ts";
import { judgeOutages, type Outage, type Outages } from "./fleet/outages.ts";

/**
 * Most of a fleet that may try within one tenth of a second. Delays drawn evenly from one second put a tenth of it there,
 * give or take; devices in step put all of it there, or half where the step falls between two tenths.
 */
const good = 0.3;
/** Half of a fleet within a tenth of a second is no spread at all. */
const bad = 0.5;
/** A stall of the lab that is longer puts the attempts of several tenths of a second into one. */
const longestStallMs = 100;
/** In a smaller fleet chance alone can look like a storm. */
const smallestFleet = 20;

/** Whether devices that lost their connections together come back one by one. */
export const returnsAreSpread: FreeCheck = {
  id: "returns-are-spread",
  asks: "Do devices that lost their connections together spread their attempts to come back?",
  covers: "P1.4/no-reconnect-storm",
  remedy:
    "Draw every delay before a new attempt at random from zero to a limit that doubles with each failure (full jitter), also the first. Then run this again with at least 20 devices: no tenth of a second may hold more than 30 % of the fleet's attempts.",
  needs: [anyOutage],
  judge: (record) => judgeOutages(record, undefined, judge),
  exercise: { disruption: "link-cut" },
  twins: [
    { kills: "returns-are-spread", loosen: { where: "device", knob: "reconnect", value: "fixed" } },
    { kills: "returns-are-spread", loosen: { where: "device", knob: "reconnect", value: "exponential" } },
  ],
};

/** The fullest tenth of a second of one fleet in one outage. */
interface Peak {
  readonly outage: Outage;
  readonly fleet: string;
  readonly attempts: number;
  readonly size: number;
  readonly seq: number;
}

function judge({ sound, planned, fleets }: Outages): Answer {
  const evidence = sound.flatMap((outage) => outage.evidence);
  const large = [...fleets].filter(([, [first]]) => (first?.size ?? 0) >= smallestFleet);
  if (large.length === 0) {
    const says = `no fleet has ${smallestFleet} devices; in a smaller one chance looks like a storm`;
    return { verdict: "inconclusive", says, evidence };
  }
  const peaks = sound.flatMap((outage) =>
    fullest(large.flatMap(([actor, intervals]) => peakOf(outage, fleetName(actor), intervals) ?? [])),
  );
  const [worst] = fullest(peaks);
  if (worst === undefined) return { verdict: "inconclusive", says: "no device was seen trying to come back", evidence };
  const values = peaks.map(shareOf);
  const passed = values.filter((value) => value <= good).length;
  return {
    verdict: shareOf(worst) <= good ? "pass" : "fail",
    says: `at most ${worst.attempts} of ${worst.size} devices of ${worst.fleet} tried within one tenth of a second of ${worst.outage.name} (${100 * good} % are allowed)`,
    evidence: [...worst.outage.evidence, worst.seq],
    trials: { planned, run: values.length, passed },
    measure: { kind: "metric", planned, values, good, bad, unit: "share of the fleet" },
  };
}

/** Attempts while the link is still down count, too: who is in step then is in step when it comes back. */
function peakOf(outage: Outage, fleet: string, intervals: readonly Interval[]): Peak | undefined {
  const during = intervalsIn(intervals, outage);
  if (!during.some(isDisturbed)) return undefined;
  // What devices were to do while the lab stood still they did all at once afterwards; that is not their storm.
  const smooth = during.filter(({ stalledMs = 0 }) => stalledMs <= longestStallMs);
  const peaks = smooth.map((interval) => {
    const { seq, size } = interval;
    return { outage, fleet, seq, size, attempts: Math.max(0, ...attemptsAfter(outage.imposedAtMs, interval)) };
  });
  return fullest(peaks).find(({ attempts }) => attempts > 0);
}

/** The peak with the largest share, in a list of one; empty where there is none. */
function fullest(peaks: readonly Peak[]): readonly Peak[] {
  return peaks.toSorted((one, other) => shareOf(other) - shareOf(one)).slice(0, 1);
}

function shareOf({ attempts, size }: Peak): number {
  return Math.min(1, attempts / size);
}
