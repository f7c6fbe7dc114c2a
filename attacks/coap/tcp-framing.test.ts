import { describe, expect, it } from "vitest";
import { type Inside, threeBeats } from "#testing/three-beats.ts";
import { tcpFraming } from "./tcp-framing.ts";

const [check] = tcpFraming.checks;
if (!check) throw new Error(`${tcpFraming.id} has no check`);

const judge = (...attack: readonly Inside[]) => check.judge(threeBeats(tcpFraming.id, { attack }));

const frame = (phase: "ok" | "refused" | "unknown", how = "ended"): Inside => ({
  action: "frame",
  phase,
  detail: { id: "x", what: "a message of 4 GiB", clause: "RFC 8323 §5.3.1" },
  found: { how, announced: 1_152 },
});
const ping = (phase: "ok" | "unknown"): Inside => ({ action: "ping", phase });
const five = Array.from({ length: 5 }, () => frame("refused"));

describe("tcp-frames-are-checked", () => {
  it("passes when each flaw ended its connection and a Ping was answered", () => {
    const answer = judge(ping("ok"), ...five);
    expect(answer).toMatchObject({ verdict: "pass", trials: { planned: 5, run: 5, passed: 5 } });
    expect(answer.says).toContain("messages of 1152 bytes");
  });

  it.each([
    ["waiting", "the server waits for the rest"],
    ["2.05", "answered 2.05"],
  ])("fails when one was let go on (%s)", (how, words) => {
    const answer = judge(ping("ok"), ...five.slice(1), frame("ok", how));
    expect(answer.verdict).toBe("fail");
    expect(answer.says).toContain(`a message of 4 GiB (${words})`);
  });

  it("does not decide when a Ping was not answered, or not all was tried", () => {
    expect(judge(ping("unknown"), ...five).verdict).toBe("inconclusive");
    expect(judge(ping("ok"), frame("refused")).verdict).toBe("inconclusive");
  });

  it("does not apply where there is no TCP", () => {
    expect(judge({ action: "no-tcp", phase: "noted" }).verdict).toBe("not-applicable");
  });

  it("is not tested where it was not run, and does not decide where the control failed", () => {
    expect(check.judge(threeBeats("coap.other", {})).verdict).toBe("not-tested");
    const ended = { control: "unknown", attack: "absent", recovery: "absent" } as const;
    expect(check.judge(threeBeats(tcpFraming.id, { ended })).verdict).toBe("inconclusive");
  });
});
