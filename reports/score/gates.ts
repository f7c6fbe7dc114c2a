import type { Gate } from "#contract/report.ts";
import { principles } from "../principles/principles.ts";
import type { Bound, ScoredCheck, Values } from "./roll-up.ts";

const { G1, G2, G2b } = principles.scoring.gates;

/** The caps that hold for one bound of the score, whether or not they bite. */
export function gatesOf(checks: readonly ScoredCheck[], values: Values, bound: Bound): readonly Gate[] {
  return [...criticalGate(checks, bound), ...weakestGate(checks, values, bound)];
}

const boundName = { low: "proven", high: "possible" } as const;

/** G1: everything critical, and everything high with serious impact, must be (all but) certain. */
function criticalGate(checks: readonly ScoredCheck[], bound: Bound): readonly Gate[] {
  const short = checks.filter((check) => isGating(check) && check.credit[bound] < neededBy(check));
  if (short.length === 0) return [];
  const [failed, unproven] = [short.filter(hasFailed), short.filter((check) => !hasFailed(check))];
  const parts = [
    ...(failed.length > 0 ? [`${failed.length} critical failed`] : []),
    ...(unproven.length > 0 ? [`${unproven.length} critical unproven`] : []),
  ];
  const lifts = [...failed, ...unproven].map(({ id }) => id);
  return [{ id: "G1", cap: G1.cap, bound: boundName[bound], because: parts.join(", "), lifts }];
}

function isGating({ criticality, level }: ScoredCheck): boolean {
  return criticality === "critical" || (criticality === "high" && level >= 2);
}

function neededBy({ nature }: ScoredCheck): number {
  return nature === "deterministic" ? G1.deterministicBelow : G1.otherBelow;
}

function hasFailed({ verdict }: ScoredCheck): boolean {
  return verdict === "fail";
}

/** G2: one neglected principle is not made up for by the others. */
function weakestGate(checks: readonly ScoredCheck[], values: Values, bound: Bound): readonly Gate[] {
  const [weakest] = [...values.principles].toSorted(([, one], [, other]) => one - other);
  if (weakest === undefined) return [];
  const [principle, value] = weakest;
  if (value >= G2.below) return [];
  const [id, gate] = value < G2b.below ? (["G2b", G2b] as const) : (["G2", G2] as const);
  const lifts = checks
    .filter((check) => check.principle === principle && check.credit[bound] < 1)
    .map((check) => check.id);
  const because = `${principle} has only ${Math.floor(value * 100)} % ${boundName[bound]}, less than ${gate.below * 100} %`;
  return [{ id, cap: gate.cap, bound: boundName[bound], because, lifts }];
}
