import { describe, expect, it } from "vitest";
import { metricScale, ninetiethPercentile } from "./metric-scale.ts";

describe("metricScale", () => {
  it.each([
    [0, 1],
    [60, 1],
    [1_800, 0],
    [9_000, 0],
    [Math.sqrt(60 * 1_800), 0.5],
  ])("gives a recovery of %d s between 60 and 1,800 s the credit %d", (value, credit) => {
    expect(metricScale(value, 60, 1_800)).toBeCloseTo(credit, 10);
  });

  it("knows only all and nothing where both ends are the same", () => {
    expect([metricScale(5, 5, 5), metricScale(5.1, 5, 5)]).toEqual([1, 0]);
  });
});

describe("ninetiethPercentile", () => {
  it("takes the ninth of ten, not the tenth", () => {
    expect(ninetiethPercentile([10, 1, 2, 3, 4, 5, 6, 7, 8, 9], 10, 99)).toBe(9);
  });

  it("fills in what was planned and is missing", () => {
    expect(ninetiethPercentile([1, 1, 1], 4, 99)).toBe(99);
    expect(ninetiethPercentile([], 0, 99)).toBeUndefined();
  });
});
