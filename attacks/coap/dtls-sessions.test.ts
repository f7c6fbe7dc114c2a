import { describe, expect, it } from "vitest";
import { type Inside, threeBeats } from "#testing/three-beats.ts";
import { dtlsSessions } from "./dtls-sessions.ts";

const crowd = { asked: 40, half: 40, refused: 0, wrong: 10 };
const tries = (count: number, phase: "ok" | "refused" | "unknown"): readonly Inside[] =>
  Array.from({ length: count }, () => ({ action: "honest.session", phase }));

function judge(inside: readonly Inside[], facts: Partial<typeof crowd> = {}, recovery: "ok" | "unknown" = "ok") {
  const [check] = dtlsSessions.checks;
  const note = { action: "handshakes", phase: "noted" as const, detail: { ...crowd, ...facts } };
  return check?.judge(threeBeats(dtlsSessions.id, { attack: [note, ...inside], ended: { recovery } }));
}

describe("honest-sessions-open-beside-half-open", () => {
  it("passes where all eleven were served", () => {
    expect(judge(tries(11, "ok"))).toMatchObject({
      verdict: "pass",
      says: "11 of 11 honest clients got a session and an answer in it while 40 of 40 handshakes were half open (0 refused) and 10 failed by a wrong key",
    });
  });

  it("fails where one was refused", () => {
    expect(judge([...tries(10, "ok"), ...tries(1, "refused")])?.verdict).toBe("fail");
  });

  it("counts one without an answer only where honest clients were served afterwards", () => {
    const inside = [...tries(10, "ok"), ...tries(1, "unknown")];
    expect(judge(inside)?.verdict).toBe("fail");
    expect(judge(inside, {}, "unknown")?.verdict).toBe("inconclusive");
  });

  it("is undecided where nobody got as far as a half-open handshake, or some tries are missing", () => {
    expect(judge(tries(11, "ok"), { half: 0 })?.verdict).toBe("inconclusive");
    expect(judge(tries(10, "ok"))?.verdict).toBe("inconclusive");
  });

  it("takes a crowd that was turned away by alerts for one that was there", () => {
    expect(judge(tries(11, "ok"), { half: 0, refused: 40 })?.verdict).toBe("pass");
  });
});
