import { describe, expect, it } from "vitest";
import { threeBeats } from "#testing/three-beats.ts";
import { overloadHints } from "./overload-hints.ts";

function judge(waitsMs: { readonly [after: string]: number }) {
  const [check] = overloadHints.checks;
  const attack = Object.entries(waitsMs).map(([after, waitedMs]) => ({
    action: "came-again",
    phase: "noted" as const,
    detail: { after, waitedMs, maxAgeMs: 2_000 },
  }));
  return check?.judge(threeBeats(overloadHints.id, { attack }));
}

describe("overload-hints-are-heeded", () => {
  it("passes where the device came after Max-Age both times, and asks more often by itself", () => {
    expect(judge({ "2.05": 1_000, "5.03": 2_000, "4.29": 2_600 })).toMatchObject({
      verdict: "pass",
      says: "the device came again 1.0 s after 2.05, 2.0 s after 5.03, 2.6 s after 4.29; it was asked to wait 2 s",
    });
  });

  it.each(["5.03", "4.29"])("fails where it came too early after %s", (after) => {
    expect(judge({ "2.05": 1_000, "5.03": 2_000, "4.29": 2_000, [after]: 1_000 })?.verdict).toBe("fail");
  });

  it("fails at the first that came too early, though nothing was seen after it", () => {
    expect(judge({ "2.05": 1_000, "5.03": 1_000 })?.verdict).toBe("fail");
  });

  it("is undecided where the device is no faster by itself", () => {
    expect(judge({ "2.05": 5_000, "5.03": 5_000, "4.29": 5_000 })?.verdict).toBe("inconclusive");
  });

  it("is undecided where it did not come again", () => {
    expect(judge({ "2.05": 1_000, "5.03": 2_000 })?.verdict).toBe("inconclusive");
    expect(judge({})?.verdict).toBe("inconclusive");
  });
});
