import { describe, expect, it } from "vitest";
import { type Inside, threeBeats } from "#testing/three-beats.ts";
import { uploadExhaustion } from "./upload-exhaustion.ts";

const [check] = uploadExhaustion.checks;
if (!check) throw new Error(`${uploadExhaustion.id} has no check`);

const judge = (...attack: readonly Inside[]) => check.judge(threeBeats(uploadExhaustion.id, { attack }));

const begun = (count: number, refusals = ""): Inside => ({
  action: "begun",
  phase: "noted",
  detail: { planned: 100, begun: count, refused: 100 - count, unanswered: 0, bytes: count * 1_024, refusals },
});
const finished = (phase: "ok" | "refused" | "unknown"): Inside => ({ action: "finish", phase, detail: { upload: 0 } });
const honest = (phase: "ok" | "refused" | "unknown", isOther = true): Inside => ({
  action: "honest",
  phase,
  detail: { isOther },
  ...(phase === "refused" && { code: "5.03" }),
});

describe("unfinished-uploads-are-limited", () => {
  it("passes when some were refused and another client's upload went through", () => {
    const answer = judge(begun(8, "5.03"), honest("ok"), finished("ok"));
    expect(answer.verdict).toBe("pass");
    expect(answer.says).toContain("8 of 100 uploads that nobody finished were begun (8192 bytes)");
  });

  it("passes when all were begun, but the first had been forgotten for them", () => {
    expect(judge(begun(100), honest("ok"), finished("refused")).verdict).toBe("pass");
  });

  it("fails when all were begun and the first was still kept", () => {
    expect(judge(begun(100), honest("ok"), finished("ok")).verdict).toBe("fail");
  });

  it("fails when the limit hits another client", () => {
    const answer = judge(begun(64, "5.03"), honest("refused"), finished("ok"));
    expect(answer.verdict).toBe("fail");
    expect(answer.says).toContain("5.03");
  });

  it("does not blame a limit for each client that it hits the same client again", () => {
    expect(judge(begun(64, "5.03"), honest("refused", false), finished("ok")).verdict).toBe("inconclusive");
  });

  it("does not decide when none was begun, or nobody knows whether the first was kept", () => {
    expect(judge(begun(0, "4.01"), honest("ok"), finished("refused")).verdict).toBe("inconclusive");
    expect(judge(begun(100), honest("ok"), finished("unknown")).verdict).toBe("inconclusive");
    expect(judge().verdict).toBe("inconclusive");
  });

  it("does not apply where nothing takes a body", () => {
    expect(judge({ action: "no-upload", phase: "noted" }).verdict).toBe("not-applicable");
  });

  it("is not tested where it was not run, and does not decide where the control failed", () => {
    expect(check.judge(threeBeats("coap.other", {})).verdict).toBe("not-tested");
    const ended = { control: "unknown", attack: "absent", recovery: "absent" } as const;
    expect(check.judge(threeBeats(uploadExhaustion.id, { ended })).verdict).toBe("inconclusive");
  });
});
