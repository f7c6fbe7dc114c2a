import type { ScoredCheck } from "./roll-up.ts";
import { scoreOf } from "./score.ts";

/**
 * For every check that is not fully proven: the points of L gained if this check alone became a pass.
 * Found by scoring again, not by formula, so what a gate takes is in it.
 */
export function pointsLost(checks: readonly ScoredCheck[]): ReadonlyMap<string, number> {
  const { proven } = scoreOf(checks);
  const short = checks.filter(({ verdict, credit }) => verdict !== "not-applicable" && credit.low < 1);
  return new Map(short.map(({ id }) => [id, scoreOf(checks.map((check) => passing(check, id))).proven - proven]));
}

function passing(check: ScoredCheck, id: string): ScoredCheck {
  return check.id === id ? { ...check, verdict: "pass", credit: { low: 1, high: 1 } } : check;
}
