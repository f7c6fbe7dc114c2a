import { describe, expect, it } from "vitest";
import { threeBeats } from "#testing/three-beats.ts";
import { downgrade } from "./downgrade.ts";

const after = (ending: string, hellos: number, plain: number) => ({ ending, hellos, plain, watchedMs: 1_000 });

function judge(...calls: readonly ReturnType<typeof after>[]) {
  const [check] = downgrade.checks;
  const attack = calls.map((detail) => ({ action: "secure-call", phase: "noted" as const, detail }));
  return check?.judge(threeBeats(downgrade.id, { attack }));
}

describe("secure-calls-never-fall-back", () => {
  it("passes where the device tried DTLS both times and sent nothing without", () => {
    expect(judge(after("an alert", 1, 0), after("silence", 3, 0))).toMatchObject({
      verdict: "pass",
      says: "nothing came without DTLS within 1 s after an alert and 1 s after silence",
    });
  });

  it("fails where a request without DTLS came, also where no hello was seen", () => {
    expect(judge(after("an alert", 1, 0), after("silence", 3, 2))).toMatchObject({
      verdict: "fail",
      says: "the device sent 2 requests without DTLS after silence",
    });
    expect(judge(after("an alert", 0, 1))?.verdict).toBe("fail");
  });

  it("is undecided where the device was not seen trying", () => {
    expect(judge(after("an alert", 1, 0), after("silence", 0, 0))?.verdict).toBe("inconclusive");
    expect(judge(after("an alert", 1, 0))?.verdict).toBe("inconclusive");
  });
});
