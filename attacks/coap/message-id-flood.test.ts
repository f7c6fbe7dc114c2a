import { describe, expect, it } from "vitest";
import { type Inside, threeBeats } from "#testing/three-beats.ts";
import { messageIdFlood } from "./message-id-flood.ts";

const [check] = messageIdFlood.checks;
if (!check) throw new Error(`${messageIdFlood.id} has no check`);

const judge = (...attack: readonly Inside[]) => check.judge(threeBeats(messageIdFlood.id, { attack }));

const repeated = (when: "before" | "after", answer: string): Inside => ({
  action: "repeated",
  phase: "noted",
  detail: { when, answer },
});
const flood = (sent: number, answered: number): Inside => ({
  action: "flood",
  phase: "noted",
  detail: { asked: 20_000, sent, answered },
});

describe("remembered-ids-are-bounded", () => {
  it("fails when the first id was remembered after all of the flood", () => {
    const answer = judge(repeated("before", "remembered"), flood(20_000, 20_000), repeated("after", "remembered"));
    expect(answer.verdict).toBe("fail");
    expect(answer.says).toContain("20000 of 20000 requests");
  });

  it("passes when the first id was forgotten by then", () => {
    const answer = judge(repeated("before", "remembered"), flood(20_000, 20_000), repeated("after", "forgotten"));
    expect(answer.verdict).toBe("pass");
  });

  it("passes when the flood was not let in", () => {
    const answer = judge(repeated("before", "remembered"), flood(384, 300), repeated("after", "unanswered"));
    expect(answer.verdict).toBe("pass");
  });

  it("passes a server that remembers no ids", () => {
    expect(judge(repeated("before", "forgotten")).verdict).toBe("pass");
  });

  it("does not decide when much, but not all of the flood was answered", () => {
    const answer = judge(repeated("before", "remembered"), flood(20_000, 15_000), repeated("after", "remembered"));
    expect(answer.verdict).toBe("inconclusive");
    expect(judge().verdict).toBe("inconclusive");
  });

  it("is not tested where it was not run, and does not decide where the control failed", () => {
    expect(check.judge(threeBeats("coap.other", {})).verdict).toBe("not-tested");
    const ended = { control: "unknown", attack: "absent", recovery: "absent" } as const;
    expect(check.judge(threeBeats(messageIdFlood.id, { ended })).verdict).toBe("inconclusive");
  });
});
