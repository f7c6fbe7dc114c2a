import { describe, expect, it } from "vitest";
import { type Inside, threeBeats } from "#testing/three-beats.ts";
import { grownResponse } from "./grown-response.ts";

const [check] = grownResponse.checks;
if (!check) throw new Error(`${grownResponse.id} has no check`);

const measured = (when: "before" | "after", path: string, came: readonly number[]): Inside => ({
  action: "measured",
  phase: "noted",
  detail: { when, path, asked: 21, came },
});
const grow = (phase: "ok" | "refused" | "unknown", code?: string): Inside => ({
  action: "grow",
  phase,
  detail: { how: "PUT of a new resource" },
  ...(code !== undefined && { code }),
});
const judge = (attack: readonly Inside[]) => check.judge(threeBeats(grownResponse.id, { attack }));
const list = ".well-known/core";

describe("strangers-cannot-grow-answers", () => {
  it("fails where a list grew beyond three times its request", () => {
    const answer = judge([measured("before", list, [158]), grow("ok"), measured("after", list, [928])]);
    expect(answer).toMatchObject({ verdict: "fail", says: expect.stringContaining("from 158 to 928 bytes for 21") });
  });

  it("fails where what the stranger wrote can be read by one short request", () => {
    expect(judge([measured("before", list, [158]), grow("ok"), measured("after", "new/a", [1_005])]).verdict).toBe(
      "fail",
    );
  });

  it("does not blame the stranger for an answer that was too long before", () => {
    const answer = judge([measured("before", list, [928]), grow("refused", "4.01"), measured("after", list, [928])]);
    expect(answer).toMatchObject({ verdict: "pass", says: "strangers may make nothing (4.01)" });
  });

  it("passes where answers grew within three times their request", () => {
    const answer = judge([measured("before", list, [60]), grow("ok"), measured("after", list, [120])]);
    expect(answer).toMatchObject({ verdict: "pass", says: expect.stringContaining("2.19× at most") });
  });

  it("is undecided where nobody knows whether something was made", () => {
    expect(judge([measured("before", list, [60]), grow("unknown"), measured("after", list, [60])]).verdict).toBe(
      "inconclusive",
    );
  });

  it("is undecided where something was made and nothing was answered afterwards", () => {
    expect(judge([measured("before", list, [60]), grow("ok"), measured("after", list, [])]).verdict).toBe(
      "inconclusive",
    );
  });

  it("is not tested where nothing is known that could be made", () => {
    expect(judge([]).verdict).toBe("not-tested");
  });
});
