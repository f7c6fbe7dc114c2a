import { describe, expect, it } from "vitest";
import { type Inside, threeBeats } from "#testing/three-beats.ts";
import { uploadMixing } from "./upload-mixing.ts";

const [check] = uploadMixing.checks;
if (!check) throw new Error(`${uploadMixing.id} has no check`);

const judge = (...attack: readonly Inside[]) => check.judge(threeBeats(uploadMixing.id, { attack }));

const tried = (phase: "ok" | "refused" | "unknown"): Inside => ({
  action: "interleaving",
  phase,
  detail: { id: "x", what: "two bodies in turns" },
  found: { answers: ["2.31", "2.04"] },
});

describe("bodies-of-different-uploads-do-not-mix", () => {
  it("passes when nothing was mixed in all three tries", () => {
    expect(judge(tried("refused"), tried("refused"), tried("refused"))).toMatchObject({
      verdict: "pass",
      trials: { planned: 3, run: 3, passed: 3 },
    });
  });

  it("fails when one body had blocks of two uploads, and says how they were sent", () => {
    const answer = judge(tried("refused"), tried("ok"), tried("refused"));
    expect(answer.verdict).toBe("fail");
    expect(answer.says).toContain("two bodies in turns");
  });

  it("does not decide when a body could not be read, or not all was tried", () => {
    expect(judge(tried("refused"), tried("unknown"), tried("refused")).verdict).toBe("inconclusive");
    expect(judge(tried("refused")).verdict).toBe("inconclusive");
  });

  it("does not apply where nothing takes a body", () => {
    expect(judge({ action: "no-upload", phase: "noted" }).verdict).toBe("not-applicable");
  });

  it("is not tested where it was not run, and does not decide where the control failed", () => {
    expect(check.judge(threeBeats("coap.other", {})).verdict).toBe("not-tested");
    const ended = { control: "unknown", attack: "absent", recovery: "absent" } as const;
    expect(check.judge(threeBeats(uploadMixing.id, { ended })).verdict).toBe("inconclusive");
  });
});
