import { describe, expect, it } from "vitest";
import { type Inside, threeBeats } from "#testing/three-beats.ts";
import { tcpAccess } from "./tcp-access.ts";

const [check] = tcpAccess.checks;
if (!check) throw new Error(`${tcpAccess.id} has no check`);

const judge = (...attack: readonly Inside[]) => check.judge(threeBeats(tcpAccess.id, { attack }));

const tried = (action: "tcp-read" | "tcp-command", phase: "ok" | "refused" | "unknown"): Inside => ({
  action,
  phase,
  detail: { path: "config" },
  found: { answer: "4.01" },
});

describe("tcp-is-protected-like-udp", () => {
  it("passes when each try was refused", () => {
    expect(judge(tried("tcp-read", "refused"), tried("tcp-command", "refused"))).toMatchObject({
      verdict: "pass",
      trials: { planned: 2, run: 2, passed: 2 },
    });
  });

  it("fails when something was read or set, and says which", () => {
    const answer = judge(tried("tcp-read", "ok"), tried("tcp-command", "ok"));
    expect(answer.verdict).toBe("fail");
    expect(answer.says).toBe("over TCP a stranger read /config, set /config");
  });

  it("does not decide when nobody knows what came of a try", () => {
    expect(judge(tried("tcp-read", "refused"), tried("tcp-command", "unknown")).verdict).toBe("inconclusive");
  });

  it("does not apply where there is no TCP, or nothing that is protected", () => {
    expect(judge({ action: "no-tcp", phase: "noted" }).verdict).toBe("not-applicable");
    expect(judge().verdict).toBe("not-applicable");
  });

  it("is not tested where it was not run, and does not decide where the control failed", () => {
    expect(check.judge(threeBeats("coap.other", {})).verdict).toBe("not-tested");
    const ended = { control: "unknown", attack: "absent", recovery: "absent" } as const;
    expect(check.judge(threeBeats(tcpAccess.id, { ended })).verdict).toBe("inconclusive");
  });
});
