import { expect, it } from "vitest";
import { plannedStartMs } from "./planned-start.ts";

const storm = { perSecond: 50, lastsMs: 10_000, holdsMs: 0 };

it("is even at a constant rate", () => {
  expect([0, 1, 50].map((n) => plannedStartMs({ ...storm, arrival: "constant" }, n))).toEqual([0, 20, 1_000]);
});

it("is denser and denser at a rate that grows, and ends with the storm", () => {
  const starts = [0, 1, 2, 249, 250].map((n) => plannedStartMs({ ...storm, arrival: "ramping" }, n));
  expect(starts[2] ?? 0).toBeLessThan(2 * (starts[1] ?? 0));
  expect(starts.at(-1)).toBe(10_000);
});

it("is the beginning where all come at once", () => {
  expect(plannedStartMs({ ...storm, arrival: "at-once" }, 9)).toBe(0);
});
