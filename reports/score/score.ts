import type { Gate } from "#contract/report.ts";
import { combine } from "./combine.ts";
import { gatesOf } from "./gates.ts";
import { weightOf } from "./price.ts";
import { type Bound, rollUp, type ScoredCheck, type Values } from "./roll-up.ts";

/** The score without a letter, and the values that it is made of. */
export interface Scoring {
  /** L and U, 0 to 100. */
  readonly proven: number;
  readonly possible: number;
  /** C, 0 to 1. */
  readonly coverage: number;
  readonly gates: readonly Gate[];
  readonly low: Values;
  readonly high: Values;
}

/**
 * Scores the plan: every applicable check, whether it was run or not. Checks are keyed by id, so asking twice adds
 * nothing; those not applicable are outside.
 */
export function scoreOf(all: readonly ScoredCheck[]): Scoring {
  const checks = planOf(all);
  const low = bounded(checks, "low");
  const high = bounded(checks, "high");
  return {
    proven: low.points,
    possible: high.points,
    coverage: coverageOf(checks),
    gates: [...low.gates, ...high.gates],
    low: low.values,
    high: high.values,
  };
}

function planOf(all: readonly ScoredCheck[]): readonly ScoredCheck[] {
  return [...Map.groupBy(all, ({ id }) => id).values()].flatMap((same) => {
    const [first] = same;
    const scored = combine(same);
    return first === undefined || scored.verdict === "not-applicable" ? [] : [{ ...first, ...scored }];
  });
}

function bounded(checks: readonly ScoredCheck[], bound: Bound) {
  const values = rollUp(checks, bound);
  const gates = gatesOf(checks, values, bound);
  return { values, gates, points: tidy(Math.min(values.whole, ...gates.map(({ cap }) => cap))) };
}

function coverageOf(checks: readonly ScoredCheck[]): number {
  const conclusive = checks.filter(({ verdict }) => verdict === "pass" || verdict === "fail");
  return checks.length === 0 ? 0 : weigh(conclusive) / weigh(checks);
}

function weigh(checks: readonly ScoredCheck[]): number {
  return checks.reduce((sum, { criticality }) => sum + weightOf(criticality), 0);
}

/** Takes away the noise of floating point, so that exactly 90 points are not 89.99999999999999. */
function tidy(points: number): number {
  return Math.round(points * 1e6) / 1e6;
}
