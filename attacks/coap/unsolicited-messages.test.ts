import { describe, expect, it } from "vitest";
import { type Inside, threeBeats } from "#testing/three-beats.ts";
import { unsolicitedMessages } from "./unsolicited-messages.ts";

const [check] = unsolicitedMessages.checks;
if (!check) throw new Error(`${unsolicitedMessages.id} has no check`);

const judge = (...attack: readonly Inside[]) => check.judge(threeBeats(unsolicitedMessages.id, { attack }));

const planned = (...names: readonly string[]): Inside => ({
  action: "vectors",
  phase: "noted",
  detail: { planned: names },
});
const sent = (answer: string, allow: readonly string[]): Inside => ({
  action: "vector",
  phase: answer === "silent" ? "unknown" : answer === "rst" ? "refused" : "ok",
  detail: { id: "A", what: "a flaw", clause: "RFC 7252 §3", allow },
  found: { answer },
});
const bystander: Inside = { action: "bystander", phase: "ok", detail: { after: ["A"], isSecure: false } };

describe("unsolicited-messages-are-ignored", () => {
  it("passes when each was answered as it must be", () => {
    expect(judge(planned("A"), sent("rst", ["rst"]), bystander).verdict).toBe("pass");
  });

  it("fails when one was answered otherwise", () => {
    expect(judge(planned("A"), sent("2.05", ["rst"]), bystander).verdict).toBe("fail");
  });

  it("does not decide when not all were sent", () => {
    expect(judge(planned("A", "B"), sent("rst", ["rst"]), bystander).verdict).toBe("inconclusive");
  });

  it("is not tested where it was not run, and does not decide where the control failed", () => {
    expect(check.judge(threeBeats("coap.other", {})).verdict).toBe("not-tested");
    const ended = { control: "unknown", attack: "absent", recovery: "absent" } as const;
    expect(check.judge(threeBeats(unsolicitedMessages.id, { ended })).verdict).toBe("inconclusive");
  });
});
