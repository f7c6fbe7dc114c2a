import { assert, integer, property } from "fast-check";
import { expect, it } from "vitest";
import { isFresher } from "./freshness.ts";

it.each([
  [10, 11, 0, true],
  [11, 10, 0, false],
  [11, 11, 0, false],
  [0xffffff, 0, 0, true],
  [0, 0xffffff, 0, false],
  [11, 10, 128_000, false],
  [11, 10, 128_001, true],
])("of number %i and then %i, %i ms later, the second is newer: %s", (before, next, laterMs, expected) => {
  expect(isFresher({ sequence: before, atMs: 1_000 }, { sequence: next, atMs: 1_000 + laterMs })).toBe(expected);
});

it("never takes both of two for newer than the other", () => {
  const sequence = integer({ min: 0, max: 0xffffff });
  assert(
    property(sequence, sequence, (one, other) => {
      const [first, second] = [one, other].map((number) => ({ sequence: number, atMs: 0 }));
      if (first === undefined || second === undefined) return;
      expect(isFresher(first, second) && isFresher(second, first)).toBe(false);
    }),
  );
});
