import { describe, expect, it } from "vitest";
import { threeBeats } from "#testing/three-beats.ts";
import { retransmission } from "./retransmission.ts";

function judge(...timesMs: readonly number[]) {
  const [check] = retransmission.checks;
  const sent = timesMs.map((atMs) => ({ id: "40000/7", atMs }));
  const attack = [{ action: "unanswered", phase: "noted" as const, detail: { sent } }];
  return check?.judge(threeBeats(retransmission.id, { attack }));
}

describe("retries-back-off", () => {
  it("passes where two waits were seen and the second was twice the first", () => {
    expect(judge(0, 2_400, 7_200)).toMatchObject({
      verdict: "pass",
      says: "3 transmissions to a server that does not answer; waits: 2.4 s, 4.8 s",
    });
  });

  it("fails where the waits stay the same", () => {
    expect(judge(0, 2_400, 4_800)?.verdict).toBe("fail");
  });

  it("is undecided where one wait was seen, which shows no doubling, or none", () => {
    expect(judge(0, 2_400)?.verdict).toBe("inconclusive");
    expect(judge(0)?.verdict).toBe("inconclusive");
    expect(judge()?.verdict).toBe("inconclusive");
  });

  it("fails after one wait where it was too short", () => {
    expect(judge(0, 400)?.verdict).toBe("fail");
  });
});
