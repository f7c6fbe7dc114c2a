import { describe, expect, it } from "vitest";
import { type Inside, threeBeats } from "#testing/three-beats.ts";
import { blockAccess } from "./block-access.ts";

const [check] = blockAccess.checks;
if (!check) throw new Error(`${blockAccess.id} has no check`);

const judge = (...attack: readonly Inside[]) => check.judge(threeBeats(blockAccess.id, { attack }));

const pried = (phase: "ok" | "refused" | "unknown", isOpen = false): Inside => ({
  action: "pry",
  phase,
  detail: { who: "stranger", path: "config" },
  found: { answers: ["4.01", "2.05", "2.05"], leaked: [], isOpen },
});

describe("every-block-is-protected", () => {
  it("passes when the later blocks were refused like the first", () => {
    expect(judge(pried("refused"), pried("refused"))).toMatchObject({ verdict: "pass", trials: { passed: 2 } });
  });

  it("fails when one came out, and names the resource and who got it", () => {
    const answer = judge(pried("refused"), pried("ok"));
    expect(answer.verdict).toBe("fail");
    expect(answer.says).toContain("/config to a stranger");
  });

  it("does not count what is open to whoever asks", () => {
    expect(judge(pried("refused", true)).verdict).toBe("not-applicable");
    expect(judge(pried("refused", true), pried("refused"))).toMatchObject({ verdict: "pass", trials: { planned: 1 } });
  });

  it("does not decide when a request got no answer, nor apply where nothing is sensitive", () => {
    expect(judge(pried("refused"), pried("unknown")).verdict).toBe("inconclusive");
    expect(judge().verdict).toBe("not-applicable");
  });

  it("is not tested where it was not run, and does not decide where the control failed", () => {
    expect(check.judge(threeBeats("coap.other", {})).verdict).toBe("not-tested");
    const ended = { control: "unknown", attack: "absent", recovery: "absent" } as const;
    expect(check.judge(threeBeats(blockAccess.id, { ended })).verdict).toBe("inconclusive");
  });
});
