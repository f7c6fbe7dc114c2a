import type { Verdict } from "#contract/check.ts";
import { together } from "#contract/judging.ts";
import type { Credit } from "./credit.ts";

/** The verdict and the credit of one question to the system. */
export interface Scored {
  readonly verdict: Verdict;
  readonly credit: Credit;
}

/**
 * Several outcomes for one check of the catalogue as one: the verdicts together, the lowest credit of each bound.
 * A pass beside a question that was not put is inconclusive, so that leaving the harder question out proves nothing.
 */
export function combine(all: readonly Scored[]): Scored {
  const asked = all.filter(({ verdict }) => verdict !== "not-applicable");
  const verdict = together(all.map((one) => one.verdict));
  const partly = verdict === "pass" && asked.some((one) => one.verdict === "not-tested");
  if (asked.length === 0) return { verdict, credit: { low: 0, high: 1 } };
  return {
    verdict: partly ? "inconclusive" : verdict,
    credit: {
      low: Math.min(...asked.map(({ credit }) => credit.low)),
      high: Math.min(...asked.map(({ credit }) => credit.high)),
    },
  };
}
