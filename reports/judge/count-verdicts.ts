import type { Verdict } from "#contract/check.ts";

/** How many of these verdicts there are of each kind. */
export function countVerdicts(verdicts: readonly Verdict[]): Readonly<Record<Verdict, number>> {
  const count = (verdict: Verdict) => verdicts.filter((each) => each === verdict).length;
  return {
    pass: count("pass"),
    fail: count("fail"),
    inconclusive: count("inconclusive"),
    "not-tested": count("not-tested"),
    "not-applicable": count("not-applicable"),
    error: count("error"),
  };
}
