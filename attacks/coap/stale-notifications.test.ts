import { describe, expect, it } from "vitest";
import { threeBeats } from "#testing/three-beats.ts";
import { staleNotifications } from "./stale-notifications.ts";

const ascending = { how: "ascending", old: [] as number[], fresh: 4, freshTaken: 4 };
const wrapping = { how: "wrapping", old: [] as number[], fresh: 3, freshTaken: 3 };

function judge(...series: readonly (typeof ascending)[]) {
  const [check] = staleNotifications.checks;
  const attack = series.map((detail) => ({ action: "notified", phase: "noted" as const, detail }));
  return check?.judge(threeBeats(staleNotifications.id, { attack }));
}

describe("old-states-are-not-taken", () => {
  it("passes where all new states were taken and no old one", () => {
    expect(judge(ascending, wrapping)?.verdict).toBe("pass");
  });

  it("fails where an old state was taken, and tells in which series", () => {
    expect(judge(ascending, { ...wrapping, old: [2] })).toMatchObject({
      verdict: "fail",
      says: "the device took 1 old states in the wrapping series for current",
    });
  });

  it("fails even where new states were lost", () => {
    expect(judge({ ...ascending, old: [2], freshTaken: 2 })?.verdict).toBe("fail");
  });

  it("is undecided where the device took nothing, or did not observe", () => {
    expect(judge(ascending, { ...wrapping, freshTaken: 1 })).toMatchObject({
      verdict: "inconclusive",
      says: "the device took only 1 of 3 new states of the wrapping series",
    });
    expect(judge(ascending)?.verdict).toBe("inconclusive");
    expect(judge()?.verdict).toBe("inconclusive");
  });
});
