import { describe, expect, it } from "vitest";
import { compareCounts } from "./compare-counts.ts";

const says = (generator: number, lab: number, target?: number, wasCut = false) =>
  compareCounts({ quantity: "published", generator, lab, ...(target !== undefined && { target }) }, wasCut).says;

describe("three counts", () => {
  it.each([
    [1_000, 1_000, 1_000, true],
    [1_000, 990, 980, true],
    [1_000, 1_000, 979, false],
    [0, 0, 0, true],
    [0, 0, 5, false],
  ])("of %i, %i and %i agree: %s", (generator, lab, target, agree) => {
    expect(compareCounts({ quantity: "published", generator, lab, target }, false).agree).toBe(agree);
  });

  it("that agree are told as one, or with their span", () => {
    expect(says(500, 500, 500)).toBe("Generator, lab and target counted 500 messages published.");
    expect(says(500, 498, 496)).toBe("Generator, lab and target counted 496 to 500 messages published.");
    expect(says(500, 500)).toBe("Generator and lab counted 500 messages published.");
  });

  it.each<[number, number, number | undefined, string]>([
    [500, 500, 900, "The target is alone with more: others used it"],
    [500, 500, 100, "The target is alone with fewer"],
    [400, 500, 500, "The generator is alone with fewer"],
    [600, 500, 500, "The generator is alone with more"],
    [500, 300, 500, "The lab is alone"],
    [100, 200, 300, "No two agree"],
    [400, 500, undefined, "The generator is alone with fewer"],
  ])("of %i, %i and %s that differ name the one that is alone", (generator, lab, target, who) => {
    expect(says(generator, lab, target)).toContain(who);
    expect(says(generator, lab, target)).toContain(`generator ${generator}, lab ${lab}`);
  });

  it("tell that the load was cut only where that explains something", () => {
    expect(says(400, 500, 500, true)).toContain("The load was cut short");
    expect(says(500, 500, 500, true)).not.toContain("cut short");
  });

  it("leave out a target that counted none of the deliveries that the lab saw come from it", () => {
    const counted = compareCounts({ quantity: "delivered", generator: 60, lab: 60, target: 0 }, false);
    expect(counted).toEqual({
      quantity: "delivered",
      generator: 60,
      lab: 60,
      agree: true,
      says: "Generator and lab counted 60 messages delivered. The target counts no such deliveries: 0 by its own counter.",
    });
    expect(compareCounts({ quantity: "published", generator: 60, lab: 60, target: 0 }, false).agree).toBe(false);
  });
});
