import { describe, expect, it } from "vitest";
import { type Inside, threeBeats } from "#testing/three-beats.ts";
import { pskGuessing } from "./psk-guessing.ts";

type Ending = Inside["phase"];

const guess = (what: string, phase: Ending, code?: string): Inside => ({
  action: "guess",
  phase,
  detail: { what, identity: "victim" },
  ...(code !== undefined && { code }),
});
const many = (count: number, what: string, phase: Ending) => Array.from({ length: count }, () => guess(what, phase));
const beside = many(2, "beside", "ok");

function judge(id: string, attack: readonly Inside[]) {
  const check = pskGuessing.checks.find((one) => one.id === id);
  return check?.judge(threeBeats(pskGuessing.id, { attack }));
}

describe.each([
  ["printed-keys-open-nothing", "printed"],
  ["keys-open-one-identity-only", "other's key"],
])("%s", (id, what) => {
  it("passes where every guess was refused", () => {
    expect(judge(id, [...beside, ...many(3, what, "refused")])).toMatchObject({
      verdict: "pass",
      trials: { passed: 3 },
    });
  });

  it("fails where one opened a session, and tells as whom", () => {
    expect(judge(id, [...beside, guess(what, "refused"), guess(what, "ok")])).toMatchObject({
      verdict: "fail",
      says: "1 of 2 guesses opened a session, as victim",
    });
  });

  it("takes silence for a no only where the right key was taken beside it", () => {
    const silent = many(2, what, "unknown");
    expect(judge(id, [...beside, ...silent])?.verdict).toBe("pass");
    expect(judge(id, silent)?.verdict).toBe("inconclusive");
    expect(judge(id, [guess("beside", "ok"), guess("beside", "unknown"), ...silent])?.verdict).toBe("inconclusive");
  });

  it("is undecided where nothing was guessed", () => {
    expect(judge(id, beside)?.verdict).toBe("inconclusive");
  });
});

describe("psk-guessing-is-slowed-down", () => {
  const id = "psk-guessing-is-slowed-down";

  it("fails where more than twenty were evaluated, and the right key taken at once", () => {
    expect(judge(id, [...many(24, "random", "refused"), guess("after", "ok")])).toMatchObject({
      verdict: "fail",
      says: expect.stringMatching(/^24 of 24/),
    });
  });

  it("passes where few were evaluated and the others met silence", () => {
    const tried = [...many(5, "random", "refused"), ...many(19, "random", "unknown")];
    expect(judge(id, [...tried, guess("after", "unknown")])).toMatchObject({
      verdict: "pass",
      says: expect.stringContaining("even the right one was not taken"),
    });
    expect(judge(id, [...tried, guess("after", "ok")])?.verdict).toBe("pass");
  });

  it("is undecided where the server never says that a key is wrong", () => {
    expect(judge(id, [...many(24, "random", "unknown"), guess("after", "ok")])?.verdict).toBe("inconclusive");
  });

  it("is undecided after too few guesses", () => {
    expect(judge(id, [...many(20, "random", "refused"), guess("after", "ok")])?.verdict).toBe("inconclusive");
  });

  it("fails where a random key was taken", () => {
    expect(judge(id, [guess("random", "ok"), guess("after", "ok")])?.verdict).toBe("fail");
  });
});

describe("unknown-identities-look-alike", () => {
  const id = "unknown-identities-look-alike";
  const two = (known: Inside, unknown: Inside) => judge(id, [...beside, known, unknown]);

  it("passes where both got the same alert", () => {
    const alike = two(guess("known identity", "refused", "alert 51"), guess("unknown identity", "refused", "alert 51"));
    expect(alike?.verdict).toBe("pass");
  });

  it("fails where the alerts differ", () => {
    const told = two(guess("known identity", "refused", "alert 51"), guess("unknown identity", "refused", "alert 115"));
    expect(told).toMatchObject({
      verdict: "fail",
      says: "a wrong key ended with alert 51, an identity that nobody has with alert 115",
    });
  });

  it("is undecided where only one was heard, since a datagram may be lost", () => {
    expect(two(guess("known identity", "refused", "alert 51"), guess("unknown identity", "unknown"))?.verdict).toBe(
      "inconclusive",
    );
  });

  it("passes where both ended in the same silence, if the right key did not", () => {
    const silent = [guess("known identity", "unknown"), guess("unknown identity", "unknown")];
    expect(judge(id, [...beside, ...silent])?.verdict).toBe("pass");
    expect(judge(id, silent)?.verdict).toBe("inconclusive");
  });

  it("is undecided where one was not tried, or a random key was taken", () => {
    expect(judge(id, [...beside, guess("known identity", "refused")])?.verdict).toBe("inconclusive");
    expect(two(guess("known identity", "ok"), guess("unknown identity", "refused"))?.verdict).toBe("inconclusive");
  });
});
