import type { Measure, Rung, Verdict } from "#contract/check.ts";
import { type CatalogueCheck, principles } from "../principles/principles.ts";
import { metricScale, ninetiethPercentile } from "./metric-scale.ts";
import { wilson } from "./wilson.ts";

/** Proven and possible credit, 0 to 1. */
export interface Credit {
  readonly low: number;
  readonly high: number;
}

/** What an answer brings to the score. */
export interface Outcome {
  readonly verdict: Verdict;
  readonly measure?: Measure;
  /** Rung of evidence that was reached; the required one where nothing is said. */
  readonly rung?: Rung;
}

const unknown: Credit = { low: 0, high: 1 };

/**
 * The credit of one outcome for a check of the catalogue. Only passes and failures are known; anything else proves
 * nothing and rules nothing out. A measure counts unless the catalogue asks for all or nothing.
 */
export function creditOf(outcome: Outcome, check: Pick<CatalogueCheck, "nature" | "requiredRung">): Credit {
  const { verdict, measure, rung = check.requiredRung } = outcome;
  if (verdict !== "pass" && verdict !== "fail") return unknown;
  const { rungs } = principles.scoring;
  const strength = Math.min(1, rungs[rung] / rungs[check.requiredRung]);
  if (measure !== undefined && check.nature !== "deterministic") {
    const { low, high } = measured(measure);
    return { low: low * strength, high };
  }
  return verdict === "pass" ? { low: strength, high: 1 } : { low: 0, high: 0 };
}

/** Trials that were planned and are missing count as failed for what is proven, and as passed for what is possible. */
function measured(measure: Measure): Credit {
  if (measure.kind === "metric") return metricCredit(measure);
  if (measure.kind === "rate") {
    const { planned, passed, failed, required } = measure;
    if (planned <= 0) return unknown;
    const share = (successes: number) => Math.min(1, wilson(successes, planned) / required);
    return ordered(share(passed), share(planned - failed));
  }
  const { total, survived, lost } = measure;
  return total <= 0 ? unknown : ordered(survived / total, (total - lost) / total);
}

function metricCredit({ values, planned, good, bad }: Extract<Measure, { kind: "metric" }>): Credit {
  const [worst, best] = [bad, good].map((missing) => ninetiethPercentile(values, planned, missing));
  if (worst === undefined || best === undefined) return unknown;
  return ordered(metricScale(worst, good, bad), metricScale(best, good, bad));
}

/** Counts that contradict each other (more passed than not failed) must not turn the interval around. */
function ordered(low: number, high: number): Credit {
  const [proven, possible] = [Math.min(1, Math.max(0, low)), Math.min(1, Math.max(0, high))];
  return { low: Math.min(proven, possible), high: possible };
}
