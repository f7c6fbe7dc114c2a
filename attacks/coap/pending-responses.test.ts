import { describe, expect, it } from "vitest";
import { type Inside, threeBeats } from "#testing/three-beats.ts";
import { pendingResponses } from "./pending-responses.ts";

const [check] = pendingResponses.checks;
if (!check) throw new Error(`${pendingResponses.id} has no check`);

const judge = (...attack: readonly Inside[]) => check.judge(threeBeats(pendingResponses.id, { attack }));

const burst = (taken: number, refused: number, refusals = ""): Inside => ({
  action: "burst",
  phase: "noted",
  detail: { planned: 100, taken, refused, refusals },
});
const honest = (phase: "ok" | "unknown"): Inside => ({ action: "honest", phase });

describe("pending-responses-are-limited", () => {
  it("passes when some were refused while an honest request was answered", () => {
    const answer = judge(burst(32, 68, "5.03"), honest("ok"));
    expect(answer).toMatchObject({ verdict: "pass", trials: { planned: 100, passed: 68 } });
    expect(answer.says).toContain("refused (5.03)");
  });

  it("passes when some got no answer", () => {
    expect(judge(burst(32, 0), honest("ok")).verdict).toBe("pass");
  });

  it("fails when all were taken", () => {
    expect(judge(burst(100, 0), honest("ok")).verdict).toBe("fail");
  });

  it("does not call it a limit that none was taken", () => {
    expect(judge(burst(0, 100, "4.04"), honest("ok")).verdict).toBe("inconclusive");
    expect(judge().verdict).toBe("inconclusive");
  });

  it("does not pass a server that answers nobody else meanwhile", () => {
    expect(judge(burst(32, 68, "5.03"), honest("unknown")).verdict).toBe("inconclusive");
  });

  it("does not apply where nothing is answered late", () => {
    expect(judge({ action: "no-slow-resource", phase: "noted" }).verdict).toBe("not-applicable");
  });

  it("is not tested where it was not run, and does not decide where the control failed", () => {
    expect(check.judge(threeBeats("coap.other", {})).verdict).toBe("not-tested");
    const ended = { control: "unknown", attack: "absent", recovery: "absent" } as const;
    expect(check.judge(threeBeats(pendingResponses.id, { ended })).verdict).toBe("inconclusive");
  });
});
