import { describe, expect, it } from "vitest";
import type { JsonObject } from "#contract/observation.ts";
import { type Inside, threeBeats } from "#testing/three-beats.ts";
import { requestFlood } from "./request-flood.ts";

function judge(id: string, attack: readonly Inside[]) {
  const check = requestFlood.checks.find((one) => one.id === id);
  if (!check) throw new Error(`${id} is not a check of ${requestFlood.id}`);
  return check.judge(threeBeats(requestFlood.id, { attack }));
}

const flood = (changes: JsonObject = {}): Inside => ({
  action: "flood",
  phase: "noted",
  detail: { asked: 1_000, tookMs: 2_000, answered: 613, told: 2, bytes: 39_000, ownAddress: true, ...changes },
});
const tries = (many: number, phase: "ok" | "refused" | "unknown"): Inside[] =>
  Array.from({ length: many }, () => ({ action: "honest.ask", phase, code: phase }));

describe("requests-of-one-source-are-limited", () => {
  const id = "requests-of-one-source-are-limited";

  it("passes where part of the flood went unanswered while somebody else was served", () => {
    expect(judge(id, [flood(), ...tries(11, "ok")]).verdict).toBe("pass");
  });

  it("fails where all of it was answered, whoever else was served", () => {
    const answer = judge(id, [flood({ answered: 999 }), ...tries(11, "ok")]);
    expect(answer).toMatchObject({
      verdict: "fail",
      says: expect.stringMatching(/^no limit was met: of 1000 requests/),
    });
  });

  it("is undecided where nobody else was served either: silence is no limit", () => {
    expect(judge(id, [flood({ answered: 10 }), ...tries(11, "unknown")]).verdict).toBe("inconclusive");
  });
});

describe("honest-requests-are-served-during-flood", () => {
  const id = "honest-requests-are-served-during-flood";

  it("passes where all eleven were served", () => {
    const answer = judge(id, [flood(), ...tries(11, "ok")]);
    expect(answer).toMatchObject({ verdict: "pass", measure: { kind: "rate", planned: 11, passed: 11, failed: 0 } });
  });

  it.each(["refused", "unknown"] as const)("fails where one try ended %s", (phase) => {
    expect(judge(id, [flood(), ...tries(10, "ok"), ...tries(1, phase)]).verdict).toBe("fail");
  });

  it("is undecided where the limit hit the honest client because it has the address of the flood", () => {
    const attack = [flood({ ownAddress: false }), ...tries(3, "ok"), ...tries(8, "refused")];
    expect(judge(id, attack).verdict).toBe("inconclusive");
  });

  it("is undecided where not all eleven were tried", () => {
    expect(judge(id, [flood(), ...tries(7, "ok")]).verdict).toBe("inconclusive");
  });
});
