import { describe, expect, it } from "vitest";
import { type Inside, threeBeats } from "#testing/three-beats.ts";
import { requestReplay } from "./request-replay.ts";

const [check] = requestReplay.checks;
if (!check) throw new Error(`${requestReplay.id} has no check`);

const judge = (...attack: readonly Inside[]) => check.judge(threeBeats(requestReplay.id, { attack }));

const replayed = (how: string, phase: "ok" | "refused" | "unknown", isSecure = false): Inside => ({
  action: "replay",
  phase,
  detail: { how, isSecure },
  found: { answer: phase === "ok" ? "2.04" : "4.01" },
});
const captured = (isThere: boolean): Inside => ({
  action: "capture",
  phase: "noted",
  detail: { isSecure: false, captured: isThere },
});

describe("captured-requests-cannot-be-replayed", () => {
  it("passes when none of the replays moved the actuator", () => {
    const answer = judge(
      captured(true),
      replayed("from another address", "refused"),
      replayed("from its own address", "refused", true),
    );
    expect(answer.verdict).toBe("pass");
    expect(answer.says).toContain("from its own address, as a DTLS record");
  });

  it("fails when one moved it, and says how that was sent", () => {
    const answer = judge(
      captured(true),
      replayed("from another address", "refused"),
      replayed("with another id", "ok"),
    );
    expect(answer.verdict).toBe("fail");
    expect(answer.says).toContain("with another id, without DTLS (answered 2.04)");
  });

  it("does not decide when nobody knows what a replay did, or nothing was captured", () => {
    expect(judge(captured(true), replayed("from another address", "unknown")).verdict).toBe("inconclusive");
    expect(judge(captured(false)).verdict).toBe("inconclusive");
  });

  it("does not apply where there is no actuator", () => {
    expect(judge({ action: "no-actuator", phase: "noted" }).verdict).toBe("not-applicable");
  });

  it("is not tested where it was not run, and does not decide where the control failed", () => {
    expect(check.judge(threeBeats("coap.other", {})).verdict).toBe("not-tested");
    const ended = { control: "unknown", attack: "absent", recovery: "absent" } as const;
    expect(check.judge(threeBeats(requestReplay.id, { ended })).verdict).toBe("inconclusive");
  });
});
