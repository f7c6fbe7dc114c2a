import { describe, expect, it } from "vitest";
import { type Inside, threeBeats } from "#testing/three-beats.ts";
import { duplicateRequest } from "./duplicate-request.ts";

const [check] = duplicateRequest.checks;
if (!check) throw new Error(`${duplicateRequest.id} has no check`);

const judge = (...attack: readonly Inside[]) => check.judge(threeBeats(duplicateRequest.id, { attack }));

const duplicate = (copies: string, ran?: number): Inside => ({
  action: "duplicate",
  phase: ran === undefined ? "unknown" : ran > 1 ? "ok" : "refused",
  detail: { copies, method: "POST" },
  ...(ran !== undefined && { found: { ran, answers: ["2.04"] } }),
});

describe("duplicates-run-once", () => {
  it("passes when both requests that came twice ran once", () => {
    expect(judge(duplicate("at once", 1), duplicate("later", 1))).toMatchObject({
      verdict: "pass",
      trials: { planned: 2, run: 2, passed: 2 },
    });
  });

  it("fails when one ran twice, and says which", () => {
    const answer = judge(duplicate("at once", 1), duplicate("later", 2));
    expect(answer.verdict).toBe("fail");
    expect(answer.says).toContain("POST, the copy later, ran 2 times");
  });

  it("does not take a request that did not run at all for one that ran once", () => {
    expect(judge(duplicate("at once", 0), duplicate("later", 1)).verdict).toBe("inconclusive");
  });

  it("does not decide when nobody knows how often it ran", () => {
    expect(judge(duplicate("at once", 1), duplicate("later")).verdict).toBe("inconclusive");
    expect(judge(duplicate("at once", 1)).verdict).toBe("inconclusive");
  });

  it("does not apply where there is nothing to count on", () => {
    expect(judge({ action: "no-subject", phase: "noted" }).verdict).toBe("not-applicable");
  });

  it("is not tested where it was not run, and does not decide where the control failed", () => {
    expect(check.judge(threeBeats("coap.other", {})).verdict).toBe("not-tested");
    const ended = { control: "unknown", attack: "absent", recovery: "absent" } as const;
    expect(check.judge(threeBeats(duplicateRequest.id, { ended })).verdict).toBe("inconclusive");
  });
});
