import { type Answer, anyOutage, type FreeCheck, type Verdict } from "#contract/check.ts";
import { together } from "#contract/judging.ts";
import type { RunRecord } from "#contract/record.ts";
import { principles } from "../principles/principles.ts";
import { type FleetReturn, fleetReturn } from "./fleet/fleet-return.ts";
import { fleetName } from "./fleet/intervals.ts";
import { judgeOutages, type Outage, type Outages } from "./fleet/outages.ts";

/** Where nothing was declared: an outage is a limited harm. */
const usualLevel = 1;

/** Whether devices are back in time; how much time they have depends on what their absence does. */
export const fleetReturnsInTime: FreeCheck = {
  id: "fleet-returns-in-time",
  asks: "Are nine tenths of the devices connected again soon after an outage?",
  covers: "P1.4/time-to-recover",
  remedy:
    "Let devices try again for ever, with delays that grow to a limit well below the time allowed at this availability level, and start from the smallest delay once connected. Then run this again with a watch longer than that limit: the recovery curve must reach nine tenths in time.",
  needs: [anyOutage],
  judge: (record) => judgeOutages(record, undefined, (outages) => judge(record, outages)),
  exercise: { disruption: "link-cut" },
  twins: [{ kills: "fleet-returns-in-time", loosen: { where: "device", knob: "reconnect", value: "none" } }],
};

/** How one outage went. */
interface Told {
  readonly verdict: Verdict;
  readonly says: string;
  readonly outage: Outage;
  /** Seconds; missing where it is not known. */
  readonly seconds?: number;
}

function judge({ header }: RunRecord, { sound, planned, fleets }: Outages): Answer {
  const level = header.product?.impact.availability ?? usualLevel;
  const { good, bad } = principles.scoring.recoveryBandsS[level] ?? { good: 0, bad: 0 };
  const told = sound.map((outage) => tell(outage, fleetReturn(fleets, outage), { good, bad }));
  const worst = worstOf(told);
  const values = told.flatMap(({ seconds }) => seconds ?? []);
  return {
    verdict: worst.verdict,
    says: `${worst.says} (${good} s are allowed at availability level ${level})`,
    evidence: worst.outage.evidence,
    trials: {
      planned,
      run: values.length,
      passed: told.filter(({ verdict }) => verdict === "pass").length,
    },
    measure: { kind: "metric", planned, values, good, bad, unit: "s" },
  };
}

function tell(
  outage: Outage,
  found: FleetReturn,
  { good, bad }: { readonly good: number; readonly bad: number },
): Told {
  const { name } = outage;
  const watchedS = (outage.watchedUntilMs - outage.liftedAtMs) / 1_000;
  switch (found.kind) {
    case "undisturbed":
      return { outage, verdict: "inconclusive", says: `no fleet was seen losing its connections in ${name}` };
    case "gave-up": {
      const says = `${fleetName(found.fleet)} did not come back from ${name}, and none of it tried in ${(found.silentMs / 1_000).toFixed(0)} s`;
      return { outage, seconds: bad, verdict: "fail", says };
    }
    case "back": {
      const seconds = found.afterMs / 1_000;
      const says = `nine tenths of the devices were back ${seconds.toFixed(1)} s after ${name}`;
      return { outage, seconds, says, verdict: seconds <= good ? "pass" : "fail" };
    }
    case "away": {
      const says = `only ${found.connected} of ${found.expected} devices were back ${watchedS.toFixed(1)} s after ${name}`;
      // Too late, but nobody knows how late: what is missing from the values counts as the worst for what is proven.
      if (watchedS > good) return { outage, verdict: "fail", says };
      return { outage, verdict: "inconclusive", says: `${says}, when the watch ended` };
    }
  }
}

function worstOf(all: readonly Told[]): Told {
  const verdict = together(all.map((each) => each.verdict));
  const worst = all
    .filter((each) => each.verdict === verdict)
    .toSorted((one, other) => (other.seconds ?? 0) - (one.seconds ?? 0))[0];
  if (worst === undefined) throw new Error("no outage was told of");
  return worst;
}
