import { describe, expect, it } from "vitest";
import { type Inside, threeBeats } from "#testing/three-beats.ts";
import { blockReads } from "./block-reads.ts";

const [check] = blockReads.checks;
if (!check) throw new Error(`${blockReads.id} has no check`);

const judge = (...attack: readonly Inside[]) => check.judge(threeBeats(blockReads.id, { attack }));

const block = (phase: "ok" | "refused" | "unknown", offset = 192): Inside => ({
  action: "block",
  phase,
  detail: { path: "log", offset, bytes: 64 },
});
const five = Array.from({ length: 5 }, () => block("refused"));

describe("blocks-fit-together", () => {
  it("passes when all fitted and nothing came from behind the end", () => {
    expect(judge(...five, block("refused", 61_440_000))).toMatchObject({ verdict: "pass", trials: { passed: 6 } });
  });

  it("fails when one did not, and says where it lies", () => {
    const answer = judge(...five, block("ok", 61_440_000));
    expect(answer.verdict).toBe("fail");
    expect(answer.says).toContain("64 bytes at 61440000");
  });

  it("does not decide when one was not answered", () => {
    expect(judge(...five, block("unknown")).verdict).toBe("inconclusive");
    expect(judge().verdict).toBe("inconclusive");
  });

  it("does not apply where no resource is longer than a block", () => {
    expect(judge({ action: "no-large-resource", phase: "noted" }).verdict).toBe("not-applicable");
  });

  it("is not tested where it was not run, and does not decide where the control failed", () => {
    expect(check.judge(threeBeats("coap.other", {})).verdict).toBe("not-tested");
    const ended = { control: "unknown", attack: "absent", recovery: "absent" } as const;
    expect(check.judge(threeBeats(blockReads.id, { ended })).verdict).toBe("inconclusive");
  });
});
