import { describe, expect, it } from "vitest";
import { type Inside, threeBeats } from "#testing/three-beats.ts";
import { connectFlood } from "./connect-flood.ts";

const id = "mqtt.connect-flood";
const [check] = connectFlood.checks;
if (!check) throw new Error(`${id} has no check`);

const held: Inside = { action: "flood.held", phase: "noted", detail: { asked: 200, held: 150, admitted: 150 } };
const tries = (many: number, phase: "ok" | "refused" | "unknown"): Inside[] =>
  Array.from({ length: many }, () => ({ action: "honest.connect", phase, code: phase }));

describe("honest-clients-connect-during-flood", () => {
  it("passes when all eleven were served, and says how much of the flood was held", () => {
    const answer = check.judge(threeBeats(id, { attack: [held, ...tries(11, "ok")] }));
    expect(answer).toMatchObject({ verdict: "pass", measure: { kind: "rate", planned: 11, passed: 11, failed: 0 } });
    expect(answer.says).toContain("150 of 200 connections");
  });

  it("fails when one honest client was refused", () => {
    const answer = check.judge(threeBeats(id, { attack: [held, ...tries(10, "ok"), ...tries(1, "refused")] }));
    expect(answer).toMatchObject({ verdict: "fail", measure: { passed: 10, failed: 1 } });
  });

  it("fails on silence that only the flood explains: served before, and again afterwards", () => {
    expect(check.judge(threeBeats(id, { attack: [held, ...tries(11, "unknown")] })).verdict).toBe("fail");
  });

  it("does not decide on silence that lasts after the flood", () => {
    const record = threeBeats(id, { attack: [held, ...tries(11, "unknown")], ended: { recovery: "unknown" } });
    expect(check.judge(record)).toMatchObject({ verdict: "inconclusive", measure: { passed: 0, failed: 0 } });
  });

  it("does not decide when not all eleven were tried", () => {
    expect(check.judge(threeBeats(id, { attack: [held, ...tries(7, "ok")] })).verdict).toBe("inconclusive");
  });

  it("does not count a try that the end of the run cut off", () => {
    const cut: Inside = { action: "honest.connect", phase: "attempt" };
    const record = threeBeats(id, { attack: [held, ...tries(10, "ok"), cut] });
    expect(check.judge(record)).toMatchObject({ verdict: "inconclusive", measure: { failed: 0 } });
  });

  it("is not tested where there was no flood", () => {
    expect(check.judge(threeBeats("mqtt.other", {})).verdict).toBe("not-tested");
  });

  it("does not decide where the control failed", () => {
    const ended = { control: "unknown", attack: "absent", recovery: "absent" } as const;
    expect(check.judge(threeBeats(id, { ended })).verdict).toBe("inconclusive");
  });
});
