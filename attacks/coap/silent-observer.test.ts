import { describe, expect, it } from "vitest";
import type { JsonObject } from "#contract/observation.ts";
import { threeBeats } from "#testing/three-beats.ts";
import { silentObserver } from "./silent-observer.ts";

const [check] = silentObserver.checks;
if (!check) throw new Error(`${silentObserver.id} has no check`);

/** An observer that got one confirmable notification three times within 7 s. */
const heldBack = {
  path: "time",
  few: 12,
  honest: 7,
  registered: true,
  asked: 14,
  came: [28, 28, 28, 28],
  different: 1,
  lastMs: 3_700,
  listenedMs: 7_000,
};
const judge = (changes: JsonObject) =>
  check.judge(
    threeBeats(silentObserver.id, {
      attack: [{ action: "silent-observer", phase: "noted", detail: { ...heldBack, ...changes } }],
    }),
  );

describe("silent-observers-are-dropped", () => {
  it("passes where newer states were held back while an honest observer got them", () => {
    expect(judge({})).toMatchObject({ verdict: "pass", says: expect.stringContaining("4 datagrams") });
  });

  it("fails where more than few came without an acknowledgement, and says what that makes", () => {
    const answer = judge({ different: 13, came: Array(14).fill(24), honest: 13 });
    expect(answer).toMatchObject({ verdict: "fail", measure: { survived: 0, lost: 1 } });
    expect(answer.says).toContain("24× at the CoAP layer");
  });

  it("fails where something still came when every repetition is over", () => {
    expect(judge({ lastMs: 55_000, listenedMs: 60_000, honest: 60, different: 6 }).verdict).toBe("fail");
  });

  it("passes where the last of few came in time, and says that the victim was then left alone", () => {
    const answer = judge({ lastMs: 44_200, listenedMs: 60_000, honest: 60, came: Array(6).fill(28) });
    expect(answer).toMatchObject({ verdict: "pass", says: expect.stringContaining("was then left alone") });
  });

  it("is undecided where the resource changed too rarely to tell that anything was held back", () => {
    expect(judge({ honest: 3, different: 1 })).toMatchObject({
      verdict: "inconclusive",
      says: expect.stringContaining("listen longer"),
    });
  });

  it("is undecided where the stranger was not taken as an observer", () => {
    expect(judge({ registered: false, different: 0, honest: 0 }).verdict).toBe("inconclusive");
  });

  it("is undecided where nobody observed", () => {
    expect(check.judge(threeBeats(silentObserver.id, {})).verdict).toBe("inconclusive");
  });
});
