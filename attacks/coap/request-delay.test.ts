import { describe, expect, it } from "vitest";
import { type Inside, threeBeats } from "#testing/three-beats.ts";
import { requestDelay } from "./request-delay.ts";

const [check] = requestDelay.checks;
if (!check) throw new Error(`${requestDelay.id} has no check`);

const judge = (...attack: readonly Inside[]) => check.judge(threeBeats(requestDelay.id, { attack }));

const delayed = (phase: "ok" | "refused" | "unknown", isSecure = false): Inside => ({
  action: "delay",
  phase,
  detail: { isSecure, echo: true },
});
const notTaken: Inside = { action: "not-taken", phase: "noted", detail: { isSecure: false } };

describe("delayed-requests-come-too-late", () => {
  it("passes when the later request kept its effect", () => {
    expect(judge(delayed("refused")).verdict).toBe("pass");
  });

  it("fails when the request that was held back had the last word", () => {
    expect(judge(delayed("ok")).verdict).toBe("fail");
  });

  it("tells what a DTLS record did, without deciding by it", () => {
    const answer = judge(delayed("refused"), delayed("ok", true));
    expect(answer.verdict).toBe("pass");
    expect(answer.says).toContain("a DTLS record that was held back was still carried out");
  });

  it("does not apply where nothing is carried out without DTLS, whatever DTLS does", () => {
    expect(judge(notTaken, delayed("ok", true)).verdict).toBe("not-applicable");
    expect(judge({ action: "no-actuator", phase: "noted" }).verdict).toBe("not-applicable");
  });

  it("does not decide when nobody knows what it did", () => {
    expect(judge(delayed("unknown")).verdict).toBe("inconclusive");
    expect(judge().verdict).toBe("inconclusive");
  });

  it("is not tested where it was not run, and does not decide where the control failed", () => {
    expect(check.judge(threeBeats("coap.other", {})).verdict).toBe("not-tested");
    const ended = { control: "unknown", attack: "absent", recovery: "absent" } as const;
    expect(check.judge(threeBeats(requestDelay.id, { ended })).verdict).toBe("inconclusive");
  });
});
