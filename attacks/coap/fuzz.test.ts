import { describe, expect, it } from "vitest";
import { type Inside, threeBeats } from "#testing/three-beats.ts";
import { coapFuzz } from "./fuzz.ts";

const id = "coap.fuzz";
const [check] = coapFuzz.checks;
if (!check) throw new Error(`${id} has no check`);

const account: Inside = {
  action: "fuzz.account",
  phase: "noted",
  detail: { cases: 400, messages: 900, answers: 700, features: 31, findings: 0 },
};
const finding = (detail: {
  readonly silent: number;
  readonly cameBack: boolean;
  readonly messages: number;
}): Inside => ({
  action: "fuzz.finding",
  phase: "noted",
  detail: { replays: 5, file: "evidence/coap.fuzz/fuzz-case.json", ...detail },
});
const judged = (attack: readonly Inside[]) => check.judge(threeBeats(id, { attack: [...attack] }));

describe("stays-alive-under-fuzzing", () => {
  it("passes where every batch was followed by a sign of life, and says how much was sent", () => {
    const answer = judged([account]);
    expect(answer).toMatchObject({ verdict: "pass", trials: { run: 400, passed: 400 } });
    expect(answer.says).toContain("900 messages");
  });

  it("fails on a sequence that silenced it again, and names the file", () => {
    const answer = judged([finding({ silent: 4, cameBack: true, messages: 2 }), account]);
    expect(answer.verdict).toBe("fail");
    expect(answer.says).toMatch(/sequence of 2 messages silences it, 4 of 5 times, kept in evidence/);
  });

  it("fails on a target that never came back", () => {
    expect(judged([finding({ silent: 0, cameBack: false, messages: 96 }), account]).verdict).toBe("fail");
  });

  it("does not decide on a silence that nothing brought about again", () => {
    expect(judged([finding({ silent: 0, cameBack: true, messages: 3 }), account]).verdict).toBe("inconclusive");
  });

  it("does not decide where no odd message was answered at all", () => {
    expect(judged([{ ...account, detail: { cases: 400, messages: 900, answers: 0 } }]).verdict).toBe("inconclusive");
    expect(judged([]).verdict).toBe("inconclusive");
  });
});
