import { assert, integer, property, shuffledSubarray, uniqueArray } from "fast-check";
import { expect, it } from "vitest";
import { Arrivals } from "./arrivals.ts";

it("counts each number once, in whatever order they come", () => {
  const all = Array.from({ length: 30 }, (_, n) => n);
  assert(
    property(shuffledSubarray(all), (numbers) => {
      const arrivals = new Arrivals();
      for (const number of numbers) expect(arrivals.take(number)).toBe(true);
      for (const number of numbers) expect(arrivals.take(number)).toBe(false);
      expect(arrivals.arrived).toBe(numbers.length);
      expect(arrivals.missing).toBe(Math.max(-1, ...numbers) + 1 - numbers.length);
    }),
  );
});

it("misses what it knows to have been sent", () => {
  const arrivals = new Arrivals();
  arrivals.expect(3);
  expect(arrivals.missing).toBe(3);
  arrivals.take(0);
  arrivals.take(4);
  expect(arrivals.missing).toBe(3);
});

it("takes a number before and after a gap for different ones", () => {
  assert(
    property(uniqueArray(integer({ min: 0, max: 20 }), { minLength: 1 }), (numbers) => {
      const arrivals = new Arrivals();
      expect(numbers.filter((number) => arrivals.take(number))).toEqual(numbers);
    }),
  );
});
