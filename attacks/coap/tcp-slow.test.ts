import { describe, expect, it } from "vitest";
import { type Inside, threeBeats } from "#testing/three-beats.ts";
import { tcpSlow } from "./tcp-slow.ts";

const [check] = tcpSlow.checks;
if (!check) throw new Error(`${tcpSlow.id} has no check`);

const judge = (...attack: readonly Inside[]) => check.judge(threeBeats(tcpSlow.id, { attack }));

const held = (what: string, phase: "ok" | "refused" | "unknown", open = 0): Inside => ({
  action: "held",
  phase,
  detail: { kind: "x", what, each: 20, dropWithinMs: 10_000 },
  found: { opened: 20, open, lastMs: 3_000 },
});

describe("slow-tcp-connections-are-dropped", () => {
  it("passes when all of every kind were over in time, and says when", () => {
    const answer = judge(held("a", "refused"), held("b", "refused"), held("c", "refused"));
    expect(answer.verdict).toBe("pass");
    expect(answer.says).toContain("20 with b were over after 3.0 s");
  });

  it("fails when some of a kind were still open", () => {
    const answer = judge(held("a", "refused"), held("b", "ok", 7), held("c", "refused"));
    expect(answer.verdict).toBe("fail");
    expect(answer.says).toContain("7 of 20 with b after 10 s");
  });

  it("does not decide when a kind was not watched to its end", () => {
    expect(judge(held("a", "refused"), held("b", "unknown"), held("c", "refused")).verdict).toBe("inconclusive");
    expect(judge(held("a", "refused")).verdict).toBe("inconclusive");
  });

  it("does not apply where there is no TCP", () => {
    expect(judge({ action: "no-tcp", phase: "noted" }).verdict).toBe("not-applicable");
  });

  it("is not tested where it was not run, and does not decide where the control failed", () => {
    expect(check.judge(threeBeats("coap.other", {})).verdict).toBe("not-tested");
    const ended = { control: "unknown", attack: "absent", recovery: "absent" } as const;
    expect(check.judge(threeBeats(tcpSlow.id, { ended })).verdict).toBe("inconclusive");
  });
});
