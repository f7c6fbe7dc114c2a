import { describe, expect, it } from "vitest";
import type { RunRecord } from "#contract/record.ts";
import { type Inside, threeBeats } from "#testing/three-beats.ts";
import { passwordGuessing } from "./password-guessing.ts";

const id = "mqtt.password-guessing";
const slowed = checkOf("guessing-is-slowed-down");
const notLockedOut = checkOf("victims-are-not-locked-out");

function checkOf(name: string) {
  const check = passwordGuessing.checks.find((one) => one.id === name);
  if (!check) throw new Error(`${name} is not a check of ${id}`);
  return check;
}

const owners = "the owner's";
const control: readonly Inside[] = [
  { action: "log-in", phase: "ok", detail: { secret: "right", source: owners } },
  { action: "log-in", phase: "refused", code: "CONNACK 5", detail: { secret: "random", source: owners } },
];

/** `answered` guesses `everyMs` apart, then `silent` ones that last two seconds. */
function guesses(answered: number, everyMs: number, silent = 0, code = "CONNACK 5"): Inside[] {
  const detail = { secret: "guessed", source: "127.0.0.2" };
  return [
    ...Array.from({ length: answered }, (_, n): Inside => {
      const atMs = 1_000 + n * everyMs;
      return { action: "log-in", phase: "refused", code, detail, atMs, endedAtMs: atMs + everyMs };
    }),
    ...Array.from({ length: silent }, (_, n): Inside => {
      const atMs = 1_000 + answered * everyMs + n * 2_000;
      return { action: "log-in", phase: "unknown", detail, atMs, endedAtMs: atMs + 2_000 };
    }),
  ];
}

const right = (phase: "ok" | "refused" | "unknown", source = "127.0.0.2"): Inside => ({
  action: "log-in",
  phase,
  detail: { secret: "right", source },
  ...(phase === "refused" && { code: "CONNACK 5" }),
});
const owner = (phase: "ok" | "refused" | "unknown", source = owners): Inside => ({
  action: "log-in",
  phase,
  detail: { secret: "owner's", source },
});
const launched = (attack: readonly Inside[]): RunRecord => threeBeats(id, { control, attack });

describe("guessing-is-slowed-down", () => {
  it("fails a broker that evaluates every guess at speed, with the measured numbers", () => {
    const answer = slowed.judge(launched([...guesses(200, 1), right("ok")]));
    expect(answer).toMatchObject({ verdict: "fail", measure: { kind: "metric", values: [1_000] } });
    expect(answer.says).toContain("200 of 200 guesses were evaluated in 0.20 s");
  });

  it("fails one that only delays each connection, because twenty of them run side by side", () => {
    expect(slowed.judge(launched([...guesses(100, 50), right("ok")]))).toMatchObject({
      verdict: "fail",
      measure: { values: [20] },
    });
  });

  it("passes one that falls silent after five guesses", () => {
    const answer = slowed.judge(launched([...guesses(5, 1, 3), right("unknown")]));
    expect(answer).toMatchObject({ verdict: "pass", measure: { values: [0] } });
  });

  it("passes one that evaluates at most one a second after the first twenty", () => {
    expect(slowed.judge(launched([...guesses(20, 1), ...guesses(4, 1_100), right("unknown")])).verdict).toBe("pass");
  });

  it("passes one that goes on saying no, but to the right password from there, too", () => {
    expect(slowed.judge(launched([...guesses(200, 1), right("refused")]))).toMatchObject({
      verdict: "pass",
      measure: { values: [0] },
    });
  });

  it("does not decide where the right password got no answer after many guesses did", () => {
    expect(slowed.judge(launched([...guesses(200, 1), right("unknown")])).verdict).toBe("inconclusive");
  });

  it("counts only the answer that a wrong password gets, not a closed connection or a busy broker", () => {
    const other = [...guesses(5, 1), ...guesses(100, 1, 0, "closed"), ...guesses(95, 1, 0, "CONNACK 3")];
    expect(slowed.judge(launched([...other, right("refused")])).says).toMatch(/^5 of 200/);
  });

  it("does not decide where no guess was answered at all", () => {
    expect(slowed.judge(launched([...guesses(0, 1, 3), right("ok")])).verdict).toBe("inconclusive");
  });

  it("fails where a wrong password is admitted while others are refused", () => {
    const lucky: Inside = { action: "log-in", phase: "ok", detail: { secret: "guessed", source: "127.0.0.2" } };
    expect(slowed.judge(launched([...guesses(5, 1), lucky])).verdict).toBe("fail");
  });

  it("rests on guesses and on the right password that followed them", () => {
    const record = launched([...guesses(200, 1), right("ok")]);
    const { evidence } = slowed.judge(record);
    expect(evidence.map((seq) => record.history[seq]?.phase)).toEqual(["refused", "refused", "refused", "ok"]);
  });
});

describe("victims-are-not-locked-out", () => {
  it("passes where the owner is admitted after the guesses", () => {
    expect(notLockedOut.judge(launched([...guesses(50, 1), owner("ok")])).verdict).toBe("pass");
  });

  it("fails where the owner is refused from another address", () => {
    const tries = [owner("refused"), owner("refused"), owner("refused")];
    expect(notLockedOut.judge(launched([...guesses(50, 1), ...tries])).verdict).toBe("fail");
  });

  it("does not decide where the owner has no other address than the guesses", () => {
    const tries = [owner("refused", "127.0.0.2")];
    expect(notLockedOut.judge(launched([...guesses(50, 1), ...tries])).verdict).toBe("inconclusive");
  });

  it("does not decide where the owner got no answer", () => {
    expect(notLockedOut.judge(launched([...guesses(50, 1), owner("unknown")])).verdict).toBe("inconclusive");
  });
});

describe.each([slowed, notLockedOut])("$id", (check) => {
  it("is not tested where nobody guessed", () => {
    expect(check.judge(threeBeats("mqtt.other", {})).verdict).toBe("not-tested");
  });

  it("does not decide where the control failed", () => {
    const record = threeBeats(id, { control, ended: { control: "unknown", attack: "absent", recovery: "absent" } });
    expect(check.judge(record).verdict).toBe("inconclusive");
  });

  it("does not pass a broker that serves nobody afterwards", () => {
    const attack = [...guesses(5, 1, 3), right("unknown"), owner("ok")];
    const record = threeBeats(id, { control, attack, ended: { recovery: "unknown" } });
    expect(check.judge(record).verdict).toBe("inconclusive");
  });
});
