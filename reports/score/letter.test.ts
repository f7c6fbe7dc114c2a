import { describe, expect, it } from "vitest";
import { gradeOf } from "./letter.ts";

describe("gradeOf", () => {
  it.each([
    [100, "A"],
    [90, "A"],
    [89.999, "B"],
    [75, "B"],
    [74.999, "C"],
    [60, "C"],
    [59.999, "D"],
    [40, "D"],
    [39.999, "E"],
    [20, "E"],
    [19.999, "F"],
    [0, "F"],
  ])("gives %d points the letter %s", (proven, letter) => {
    expect(gradeOf({ proven, coverage: 1 }, "physical")).toEqual({ letter });
  });

  it("says with the letter that devices were not real", () => {
    expect(gradeOf({ proven: 95, coverage: 1 }, "simulated")).toEqual({ letter: "A·sim" });
    expect(gradeOf({ proven: 95, coverage: 1 }, "emulated")).toEqual({ letter: "A·emu" });
  });

  it("gives no letter below half coverage, and one at half", () => {
    expect(gradeOf({ proven: 95, coverage: 0.4999 }, "physical")).toEqual({
      ungradedBecause: "covered is only 49 %, less than 50 %",
    });
    expect(gradeOf({ proven: 95, coverage: 0.276 }, "physical")).toEqual({
      ungradedBecause: "covered is only 28 %, less than 50 %",
    });
    expect(gradeOf({ proven: 95, coverage: 0.5 }, "physical")).toEqual({ letter: "A" });
  });

  it("gives no letter outside a full assessment", () => {
    expect(gradeOf({ proven: 95, coverage: 1 }, "physical", "it was cut short")).toEqual({
      ungradedBecause: "it was cut short",
    });
  });
});
