import { describe, expect, it } from "vitest";
import { type Inside, threeBeats } from "#testing/three-beats.ts";
import { groupActuation } from "./group-actuation.ts";

const [check] = groupActuation.checks;
if (!check) throw new Error(`${groupActuation.id} has no check`);

const move = (deed: string, found?: string): Inside => ({
  action: "move",
  phase: found === undefined ? "unknown" : "ok",
  detail: { deed, path: "lamp" },
  ...(found !== undefined && { found: { deed, path: "lamp", found } }),
});
const asked = (answered: number, foreign = false): Inside => ({
  action: "group.asked",
  phase: "noted",
  detail: { answered, foreign },
});
const judge = (attack: readonly Inside[]) => check.judge(threeBeats(groupActuation.id, { attack }));

describe("multicast-moves-no-actuator", () => {
  it("passes where the actuator said the operator's value each time, and the group was heard", () => {
    expect(judge([move("PUT", "the operator's"), move("POST", "the operator's"), asked(4)]).verdict).toBe("pass");
  });

  it("fails where it said the stranger's, whether anything was answered or not", () => {
    expect(judge([move("PUT", "the stranger's"), move("POST", "the operator's"), asked(0)])).toMatchObject({
      verdict: "fail",
      says: "a NON PUT of /lamp to the multicast group was carried out",
    });
  });

  it("fails where another member of the group says it, though the operator's server does not", () => {
    const attack = [move("PUT", "the operator's"), move("POST", "the operator's"), asked(1, true)];
    expect(judge(attack)).toMatchObject({ verdict: "fail", says: expect.stringContaining("a member of") });
  });

  it("is undecided where the group was perhaps not heard", () => {
    expect(judge([move("PUT", "the operator's"), move("POST", "the operator's"), asked(0)]).verdict).toBe(
      "inconclusive",
    );
  });

  it("is undecided where the operator could not read it, or read what neither had set", () => {
    expect(judge([move("PUT", "the operator's"), move("POST"), asked(4)]).verdict).toBe("inconclusive");
    expect(judge([move("PUT", "another"), move("POST", "the operator's"), asked(4)]).verdict).toBe("inconclusive");
  });

  it("is not tested where no group or no actuator is known", () => {
    expect(judge([]).verdict).toBe("not-tested");
  });
});
