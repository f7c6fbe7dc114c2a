import { describe, expect, it } from "vitest";
import { type Inside, threeBeats } from "#testing/three-beats.ts";
import { groupRequest } from "./group-request.ts";

function judge(id: string, attack: readonly Inside[]) {
  const check = groupRequest.checks.find((one) => one.id === id);
  if (!check) throw new Error(`${id} is not a check of ${groupRequest.id}`);
  return check.judge(threeBeats(groupRequest.id, { attack }));
}

const proper = (times: readonly number[], bytes = 64): Inside => ({
  action: "group.proper",
  phase: "noted",
  detail: { requests: 16, asked: 25, answers: times.map((afterMs) => ({ afterMs, bytes })) },
});
const improper = (request: string, answers: readonly string[] = []): Inside => ({
  action: "group.improper",
  phase: "noted",
  detail: { request, answers },
});
const together = Array(16).fill(3);

describe("group-answers-are-spread", () => {
  const id = "group-answers-are-spread";

  it("passes where answers came one after the other, also where many are still to come", () => {
    expect(judge(id, [proper([40, 157, 829, 1_706])]).verdict).toBe("pass");
  });

  it("fails where they came together", () => {
    expect(judge(id, [proper(together)])).toMatchObject({
      verdict: "fail",
      says: expect.stringContaining("16 of 16 answers to multicast requests came within 100 ms"),
    });
  });

  it("fails where one member alone sends more than three times what was asked, however late", () => {
    expect(judge(id, [proper([800, 1_900], 1_042)]).verdict).toBe("fail");
  });

  it("is undecided where nothing was answered: perhaps nobody heard it", () => {
    expect(judge(id, [proper([])]).verdict).toBe("inconclusive");
  });
});

describe("group-requests-bring-no-errors", () => {
  const id = "group-requests-bring-no-errors";
  const silent = ["a confirmable GET", "a malformed message", "a reserved code class"].map((one) => improper(one));

  it("passes where only proper requests were answered", () => {
    expect(judge(id, [proper([900]), ...silent, improper("a path that does not exist")])).toMatchObject({
      verdict: "pass",
      trials: { planned: 4, run: 4, passed: 4 },
    });
  });

  it("fails where an error came, and names it", () => {
    const answer = judge(id, [proper([900]), ...silent, improper("a path that does not exist", ["4.04"])]);
    expect(answer).toMatchObject({ verdict: "fail", says: expect.stringContaining("does not exist with 4.04") });
  });

  it("is undecided where proper requests were not answered either", () => {
    expect(judge(id, [proper([]), ...silent]).verdict).toBe("inconclusive");
  });
});

it.each(groupRequest.checks)("$id is not tested where no group is known", (check) => {
  expect(check.judge(threeBeats(groupRequest.id, {})).verdict).toBe("not-tested");
});
