import { array, assert, integer, nat, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { maxSequence } from "./record.ts";
import { ReplayWindow, windowSize } from "./replay-window.ts";

describe("the replay window", () => {
  it("takes every number once, as long as it is among the last 64", () => {
    const steps = array(integer({ min: -80, max: 80 }), { maxLength: 200 });
    assert(
      property(nat(maxSequence - 100_000), steps, (from, moves) => {
        const window = new ReplayWindow();
        const seen = new Set<number>();
        let at = from;
        let greatest = -1;
        for (const move of moves) {
          at = Math.max(0, at + move);
          const isExpected = at > greatest || (at > greatest - windowSize && !seen.has(at));
          expect(window.isFresh(at)).toBe(isExpected);
          if (!isExpected) continue;
          window.mark(at);
          seen.add(at);
          greatest = Math.max(greatest, at);
        }
      }),
    );
  });

  it("is not moved by asking", () => {
    const window = new ReplayWindow();
    window.mark(1);
    expect(window.isFresh(1_000_000)).toBe(true);
    expect(window.isFresh(0)).toBe(true);
  });
});
