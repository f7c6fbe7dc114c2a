import type { Verdict } from "#contract/check.ts";
import type { Expectation, RunState } from "#contract/record.ts";
import type { ExpectationResult } from "#contract/report.ts";
import type { Measured, Measurement, Metric } from "./metric.ts";
import { metricTable } from "./metrics.ts";

/** Holds the run against the bounds of its scenario. In a run that did not complete a bound that held is inconclusive. */
export function expectationResults(
  expects: readonly Expectation[],
  measured: Measured,
  state: RunState,
): readonly ExpectationResult[] {
  return expects.map((expectation) => resultOf(expectation, measured, state));
}

function resultOf(expectation: Expectation, measured: Measured, state: RunState): ExpectationResult {
  const { metric: name } = expectation;
  const metric = metricTable.get(name);
  if (metric === undefined) {
    return { metric: name, bound: "", says: `there is no metric "${name}"`, verdict: "error" };
  }
  const measurement = metric.measure(measured);
  const verdict = verdictOf(expectation, measurement);
  return {
    metric: name,
    bound: boundOf(expectation, metric),
    ...(measurement !== undefined && "value" in measurement && { measured: measurement.value }),
    says: inWords(measurement, metric),
    verdict: verdict === "pass" && state !== "completed" ? "inconclusive" : verdict,
  };
}

function inWords(measurement: Measurement, { says, unit }: Metric): string {
  if (measurement === undefined) return `nothing to measure: ${says}`;
  if ("missing" in measurement) return measurement.missing;
  if ("doubtful" in measurement) return measurement.doubtful;
  if ("longerThan" in measurement) return `not reached within ${amount(measurement.longerThan, unit)}`;
  return `${says}: ${amount(measurement.value, unit)}`;
}

function verdictOf({ atMost, atLeast }: Expectation, measurement: Measurement): Verdict {
  if (measurement === undefined || "missing" in measurement) return "not-tested";
  if ("doubtful" in measurement) return "inconclusive";
  if ("longerThan" in measurement) {
    if (atMost !== undefined) return measurement.longerThan >= atMost ? "fail" : "inconclusive";
    return atLeast !== undefined && measurement.longerThan >= atLeast ? "pass" : "inconclusive";
  }
  const { value } = measurement;
  const kept = (atMost === undefined || value <= atMost) && (atLeast === undefined || value >= atLeast);
  return kept ? "pass" : "fail";
}

function boundOf({ atMost, atLeast }: Expectation, { unit }: Metric): string {
  return [
    ...(atLeast === undefined ? [] : [`at least ${amount(atLeast, unit)}`]),
    ...(atMost === undefined ? [] : [`at most ${amount(atMost, unit)}`]),
  ].join(", ");
}

function amount(value: number, unit: Metric["unit"]): string {
  if (unit === "share") return `${Math.round(value * 1e4) / 100} %`;
  return value < 1_000 ? `${Math.round(value)} ms` : `${Math.round(value / 10) / 100} s`;
}
