import { assert, integer, property } from "fast-check";
import { expect, it } from "vitest";
import { randomOf } from "#testing/bench.ts";
import { sequentialIds, shuffledIds } from "./message-ids.ts";

it("gives every shuffled id once before one comes again", () => {
  const ids = shuffledIds(randomOf(7));
  for (let round = 0; round < 2; round++) {
    expect(new Set(Array.from({ length: 0x10000 }, () => ids.next())).size).toBe(0x10000);
  }
});

it("gives shuffled ids that do not follow from the one before", () => {
  assert(
    property(integer({ min: 1, max: 1_000_000 }), (seed) => {
      const ids = shuffledIds(randomOf(seed));
      const drawn = Array.from({ length: 200 }, () => ids.next());
      const steps = drawn.slice(1).map((id, at) => (id - (drawn[at] ?? 0)) & 0xffff);
      expect(steps.filter((step) => step === 1).length).toBeLessThan(5);
    }),
    { numRuns: 20 },
  );
});

it("counts sequential ids up from a random start, and over the end", () => {
  const ids = sequentialIds({ ...randomOf(1), integer: () => 0xfffe });
  expect([ids.next(), ids.next(), ids.next()]).toEqual([0xffff, 0, 1]);
});
