import { describe, expect, it } from "vitest";
import type { JsonObject } from "#contract/observation.ts";
import { threeBeats } from "#testing/three-beats.ts";
import { unacknowledgedAnswers } from "./unacknowledged-answers.ts";

const [check] = unacknowledgedAnswers.checks;
if (!check) throw new Error(`${unacknowledgedAnswers.id} has no check`);

const limited = {
  path: "slow",
  requests: 100,
  asked: 13,
  came: [4, 11, 11],
  separate: 32,
  confirmable: 32,
  mostTimes: 2,
  refused: 68,
  atOnce: 0,
};
const judge = (changes: JsonObject) =>
  check.judge(
    threeBeats(unacknowledgedAnswers.id, {
      attack: [{ action: "unacknowledged", phase: "noted", detail: { ...limited, ...changes } }],
    }),
  );

describe("separate-answers-are-limited", () => {
  it("passes where some were taken on and the others refused", () => {
    expect(judge({})).toMatchObject({ verdict: "pass", says: expect.stringContaining("68 refused") });
  });

  it("passes where they wait for each other, so that one alone was sent so far", () => {
    expect(judge({ separate: 1, confirmable: 1, refused: 0 }).verdict).toBe("pass");
  });

  it("fails where all are repeated side by side", () => {
    expect(judge({ separate: 100, confirmable: 100, refused: 0 }).verdict).toBe("fail");
  });

  it("passes where all were answered late, but by messages that nobody repeats", () => {
    expect(judge({ separate: 100, confirmable: 0, mostTimes: 1, refused: 0 }).verdict).toBe("pass");
  });

  it("fails where one was sent more than five times", () => {
    expect(judge({ mostTimes: 6 }).verdict).toBe("fail");
  });

  it("is undecided where nothing was answered late", () => {
    expect(judge({ separate: 0, confirmable: 0, mostTimes: 0, atOnce: 100 }).verdict).toBe("inconclusive");
  });

  it("is not tested where no such resource is known", () => {
    expect(check.judge(threeBeats(unacknowledgedAnswers.id, {})).verdict).toBe("not-tested");
  });
});
