import { expect, it } from "vitest";
import { randomFor } from "./seed.ts";

const draws = (seed: string, actor: "device:a" | "device:b") => {
  const random = randomFor(seed, actor);
  return Array.from({ length: 1_000 }, () => random.next());
};

it("gives the same actor of the same seed the same stream", () => {
  expect(draws("1", "device:a")).toEqual(draws("1", "device:a"));
});

it("gives another actor, and another seed, another stream", () => {
  expect(draws("1", "device:a")).not.toEqual(draws("1", "device:b"));
  expect(draws("1", "device:a")).not.toEqual(draws("2", "device:a"));
});

it("draws at least 0 and less than 1, spread evenly", () => {
  const all = draws("1", "device:a");
  expect(Math.min(...all)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...all)).toBeLessThan(1);
  const mean = all.reduce((sum, each) => sum + each, 0) / all.length;
  expect(Math.abs(mean - 0.5)).toBeLessThan(0.05);
});

it("keeps integers within their bounds and hex at its length", () => {
  const random = randomFor("1", "device:a");
  const integers = new Set(Array.from({ length: 200 }, () => random.integer(3, 6)));
  expect(integers).toEqual(new Set([3, 4, 5]));
  expect(random.hex(16)).toMatch(/^[0-9a-f]{32}$/);
});
