import type { Answer, FreeCheck, Verdict } from "#contract/check.ts";
import { together } from "#contract/judging.ts";
import type { RunRecord } from "#contract/record.ts";
import { principles } from "../principles/principles.ts";
import { type FleetReturn, fleetReturn } from "./fleet/fleet-return.ts";
import { fleetName } from "./fleet/intervals.ts";
import { judgeOutages, type Outage, type Outages } from "./fleet/outages.ts";

/** Where nothing was declared: an outage is a limited harm. */
const usualLevel = 1;

/** Time that a fleet has to come back; it depends on what the product's absence does. */
export const fleetReturnsInTime: FreeCheck = {
  id: "fleet-returns-in-time",
  asks: "Are nine tenths of every fleet connected again soon after an outage?",
  covers: "P1.4/time-to-recover",
  remedy:
    "Let devices try again for ever, with delays that grow to a limit well below the time allowed at this availability level, and start from the smallest delay once connected. Then run this again with a watch longer than that limit: the recovery curve must reach nine tenths in time.",
  needs: ["broker-restart", "link-cut"],
  judge: (record) => judgeOutages(record, undefined, (outages) => judge(record, outages)),
  exercise: { disruption: "link-cut" },
  twins: [{ kills: "fleet-returns-in-time", loosen: { where: "device", knob: "reconnect", value: "none" } }],
};

/** One outage, told by the fleet that came out of it worst. */
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
  const told = sound.map((outage) => {
    const each = [...fleets].map(([actor, intervals]) =>
      tell(outage, fleetName(actor), fleetReturn(intervals, outage), { good, bad }),
    );
    return worstOf(each);
  });
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
  fleet: string,
  found: FleetReturn,
  { good, bad }: { readonly good: number; readonly bad: number },
): Told {
  if (found.kind === "undisturbed") {
    return { outage, verdict: "inconclusive", says: `${fleet} was not seen losing its connections in ${outage.name}` };
  }
  if (found.kind === "back") {
    const seconds = found.afterMs / 1_000;
    const says = `nine tenths of ${fleet} were back ${seconds.toFixed(1)} s after ${outage.name}`;
    return { outage, seconds, says, verdict: seconds <= good ? "pass" : "fail" };
  }
  const watchedS = (outage.watchedUntilMs - outage.liftedAtMs) / 1_000;
  const says = `${found.connected} of ${found.expected} devices of ${fleet} were back ${watchedS.toFixed(1)} s after ${outage.name}`;
  if (found.gaveUp) return { outage, seconds: bad, verdict: "fail", says: `${says}, and none of the others tried` };
  // Known to be too late, but not how late: what is missing from the values counts as the worst for what is proven.
  if (watchedS > good) return { outage, verdict: "fail", says };
  return { outage, verdict: "inconclusive", says: `${says}, when the watch ended` };
}

function worstOf(all: readonly Told[]): Told {
  const verdict = together(all.map((each) => each.verdict));
  const worst = all
    .filter((each) => each.verdict === verdict)
    .toSorted((one, other) => (other.seconds ?? 0) - (one.seconds ?? 0))[0];
  if (worst === undefined) throw new Error("no fleet was told of");
  return worst;
}
