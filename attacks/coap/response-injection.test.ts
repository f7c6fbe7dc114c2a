import { describe, expect, it } from "vitest";
import { threeBeats } from "#testing/three-beats.ts";
import { responseInjection } from "./response-injection.ts";

function judge(id: string, taken: { readonly [how: string]: string }) {
  const check = responseInjection.checks.find((one) => one.id === id);
  const attack = Object.entries(taken).map(([how, what]) => ({
    action: "answer",
    phase: "noted" as const,
    detail: { how, taken: what, asked: true },
  }));
  return check?.judge(threeBeats(responseInjection.id, { attack }));
}

describe.each([
  ["answers-of-others-are-dropped", "from another port", "in clear beside DTLS"],
  ["blind-answers-are-dropped", "with a guessed token", "with an empty token"],
])("%s", (id, one, other) => {
  it("passes where the genuine answers were taken", () => {
    expect(judge(id, { [one]: "genuine", [other]: "genuine" })?.verdict).toBe("pass");
  });

  it("fails where a false one was taken, and tells which", () => {
    expect(judge(id, { [one]: "genuine", [other]: "false" })).toMatchObject({
      verdict: "fail",
      says: expect.stringContaining(other),
    });
  });

  it("is undecided where neither was taken, or one way was not tried", () => {
    expect(judge(id, { [one]: "nothing", [other]: "genuine" })?.verdict).toBe("inconclusive");
    expect(judge(id, { [one]: "genuine" })?.verdict).toBe("inconclusive");
  });
});

it("judges each way by its own check only", () => {
  const taken = { "with a guessed token": "false", "from another port": "genuine", "in clear beside DTLS": "genuine" };
  expect(judge("answers-of-others-are-dropped", taken)?.verdict).toBe("pass");
});
