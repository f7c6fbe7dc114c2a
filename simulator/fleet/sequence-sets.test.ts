import { array, assert, boolean, integer, property, tuple } from "fast-check";
import { expect, it } from "vitest";
import { SequenceSets } from "./sequence-sets.ts";

it("behaves as one set for each device", () => {
  const step = tuple(boolean(), integer({ min: 0, max: 3 }), integer({ min: 0, max: 300 }));
  assert(
    property(array(step), (steps) => {
      const sets = new SequenceSets();
      const model = new Set<string>();
      for (const [adds, device, sequence] of steps) {
        const key = `${device} ${sequence}`;
        const wasNew = adds && sets.add(device, sequence);
        expect(wasNew).toBe(adds && !model.has(key));
        if (!adds) sets.delete(device, sequence);
        if (adds) model.add(key);
        else model.delete(key);
        expect(sets.has(device, sequence)).toBe(adds);
      }
      for (let device = 0; device < 4; device++) {
        for (let sequence = 0; sequence <= 300; sequence++) {
          expect(sets.has(device, sequence)).toBe(model.has(`${device} ${sequence}`));
        }
      }
    }),
    { numRuns: 30 },
  );
});

it("does not grow for a number that a hostile broker made up", () => {
  const sets = new SequenceSets();
  expect(sets.add(0, 4_000_000_000)).toBe(false);
  expect(sets.has(0, 4_000_000_000)).toBe(false);
});
