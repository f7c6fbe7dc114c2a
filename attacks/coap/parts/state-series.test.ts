import { describe, expect, it } from "vitest";
import { allSeries, statesIn } from "./state-series.ts";

const { ascending = [], wrapping = [] } = allSeries;

describe("a series of states", () => {
  it("is taken rightly where the new ones were taken in order, and nothing else", () => {
    expect(statesIn(ascending, [0, 1, 3, 5])).toEqual({ old: [], fresh: 4, freshTaken: 4 });
    expect(statesIn(wrapping, [0, 1, 3])).toEqual({ old: [], fresh: 3, freshTaken: 3 });
  });

  it("is taken wrongly where one with an overtaken number was taken", () => {
    expect(statesIn(ascending, [0, 1, 2, 3, 5]).old).toEqual([2]);
    expect(statesIn(wrapping, [0, 1, 2, 3]).old).toEqual([2]);
  });

  it("is taken wrongly where a datagram that came again was taken again", () => {
    expect(statesIn(ascending, [0, 1, 3, 1, 5])).toEqual({ old: [1], fresh: 4, freshTaken: 4 });
  });

  it("counts what was lost, and ignores what is not of it", () => {
    expect(statesIn(ascending, [-1, 0, -1, 5])).toEqual({ old: [], fresh: 4, freshTaken: 2 });
  });
});
