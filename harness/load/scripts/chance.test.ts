import { expect, it } from "vitest";
import { chanceOf } from "./chance.ts";

function first(seed: number, client: number): readonly number[] {
  const chance = chanceOf(seed, client);
  return Array.from({ length: 100 }, () => chance());
}

it("is the same for the same seed and client, and another for every other", () => {
  expect(first(7, 1)).toEqual(first(7, 1));
  expect(first(7, 1)).not.toEqual(first(7, 2));
  expect(first(7, 1)).not.toEqual(first(8, 1));
});

it("lies between 0 and 1, on either side of the middle", () => {
  for (const number of first(1, -1)) {
    expect(number).toBeGreaterThanOrEqual(0);
    expect(number).toBeLessThan(1);
  }
  expect(first(1, -1).filter((number) => number < 0.5).length).toBeGreaterThan(30);
  expect(first(1, -1).filter((number) => number >= 0.5).length).toBeGreaterThan(30);
});
