import { array, assert, double, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { countOf, histogramOf, merged, quantileOf } from "./latency.ts";

const durations = array(double({ min: 0.06, max: 60_000, noNaN: true }), { minLength: 1, maxLength: 200 });

describe("a histogram of durations", () => {
  it("gives every quantile within 2.6 % of the true one", () => {
    assert(
      property(durations, double({ min: 0.01, max: 1, noNaN: true }), (all, q) => {
        const sorted = all.toSorted((one, other) => one - other);
        const truth = sorted[Math.max(0, Math.ceil(all.length * q) - 1)] ?? 0;
        const told = quantileOf(histogramOf(all), q)?.value ?? 0;
        expect(Math.abs(told - truth)).toBeLessThanOrEqual(0.026 * truth);
      }),
    );
  });

  it("is the same whether counted at once or in parts", () => {
    assert(
      property(durations, durations, (one, other) => {
        expect(merged([histogramOf(one), histogramOf(other)])).toEqual(histogramOf([...one, ...other]));
      }),
    );
  });

  it("holds every duration, and the interval holds the value", () => {
    assert(
      property(durations, (all) => {
        const histogram = histogramOf(all);
        expect(countOf(histogram)).toBe(all.length);
        const { value = 0, low = 0, high = 0 } = quantileOf(histogram, 0.95) ?? {};
        expect(low).toBeLessThanOrEqual(value);
        expect(high).toBeGreaterThanOrEqual(value);
      }),
    );
  });

  it("knows no quantile of nothing", () => {
    expect(quantileOf([], 0.5)).toBeUndefined();
  });

  it("narrows the interval as durations are added", () => {
    const few = quantileOf(histogramOf(Array.from({ length: 50 }, (_, n) => n + 1)), 0.5);
    const many = quantileOf(histogramOf(Array.from({ length: 5_000 }, (_, n) => (n + 1) / 100)), 0.5);
    const width = (of: typeof few) => (of?.high ?? 0) - (of?.low ?? 0);
    expect(width(many)).toBeLessThan(width(few));
  });
});
