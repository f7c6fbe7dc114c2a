import { describe, expect, it } from "vitest";
import type { Measure } from "#contract/check.ts";
import { creditOf } from "./credit.ts";

const tested = { nature: "deterministic", requiredRung: "T" } as const;

const rate = (passed: number, failed: number): Measure => ({
  kind: "rate",
  planned: 25,
  passed,
  failed,
  required: 0.9,
});

const metric = (values: readonly number[], planned = values.length): Measure => ({
  kind: "metric",
  planned,
  values,
  good: 60,
  bad: 1_800,
  unit: "s",
});
const metricCredit = (measure: Measure) =>
  creditOf({ verdict: "pass", measure }, { nature: "metric", requiredRung: "T" });

const rateCredit = (passed: number, failed: number) =>
  creditOf({ verdict: "pass", measure: rate(passed, failed) }, { nature: "rate", requiredRung: "T" });

describe("creditOf", () => {
  it("gives all for a pass and nothing for a failure", () => {
    expect(creditOf({ verdict: "pass" }, tested)).toEqual({ low: 1, high: 1 });
    expect(creditOf({ verdict: "fail" }, tested)).toEqual({ low: 0, high: 0 });
  });

  it.each(["not-tested", "inconclusive", "error", "not-applicable"] as const)(
    "knows nothing of %s, whatever was measured",
    (verdict) => {
      const measure: Measure = { kind: "rate", planned: 11, passed: 11, failed: 0, required: 0.8 };
      expect(creditOf({ verdict, measure }, { nature: "rate", requiredRung: "T" })).toEqual({ low: 0, high: 1 });
    },
  );

  it.each([
    ["D0", "D1", 0.5],
    ["D1", "D1", 1],
    ["T", "D1", 1],
    ["D1", "D2", 0.8],
    ["D0", "T", 0.4],
  ] as const)(
    "gives a pass at rung %s where %s is required the credit %d, and leaves all possible",
    (rung, requiredRung, low) => {
      expect(creditOf({ verdict: "pass", rung }, { nature: "deterministic", requiredRung })).toEqual({ low, high: 1 });
    },
  );

  it("counts missing trials as failed for what is proven and as passed for what is possible", () => {
    expect(rateCredit(25, 0)).toEqual({ low: 1, high: 1 });
    expect(rateCredit(20, 0).high).toBe(1);
    expect(rateCredit(20, 0).low).toBeCloseTo(rateCredit(20, 5).low, 12);
    expect(rateCredit(20, 5).high).toBeCloseTo(rateCredit(20, 5).low, 12);
    expect(rateCredit(20, 5).low).toBeLessThan(0.75);
  });

  it("places a measured value by its 90th percentile, with missing ones at the ends", () => {
    expect(metricCredit(metric([50]))).toEqual({ low: 1, high: 1 });
    expect(metricCredit(metric([50], 2))).toEqual({ low: 0, high: 1 });
    expect(metricCredit(metric([], 0))).toEqual({ low: 0, high: 1 });
  });

  it("gives the share that survived, and what is still open as possible", () => {
    const measure: Measure = { kind: "graded", total: 4, survived: 2, lost: 1 };
    expect(creditOf({ verdict: "fail", measure }, { nature: "graded", requiredRung: "T" })).toEqual({
      low: 0.5,
      high: 0.75,
    });
  });

  it("limits a measurement by the rung that was reached", () => {
    const measure: Measure = { kind: "graded", total: 4, survived: 4, lost: 0 };
    expect(creditOf({ verdict: "pass", measure, rung: "D0" }, { nature: "graded", requiredRung: "D1" })).toEqual({
      low: 0.5,
      high: 1,
    });
  });

  it("lets no rate soften a check that must never fail", () => {
    const measure: Measure = { kind: "rate", planned: 100, passed: 99, failed: 1, required: 0.8 };
    expect(creditOf({ verdict: "fail", measure }, tested)).toEqual({ low: 0, high: 0 });
  });
});
