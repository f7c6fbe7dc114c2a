import { expect, it } from "vitest";
import { connectStorm } from "./connect-storm.ts";

const { parameters } = connectStorm;

it("has defaults that fit each other", () => {
  const given = parameters.parse({});
  expect(connectStorm.clients(given)).toBe(100);
  expect(connectStorm.lastsMs(given)).toBe(12_000);
});

it("wants as many clients as are there at once", () => {
  const issues = parameters.safeParse({ clients: 10, rate: 20, holds: "2s" }).error?.issues ?? [];
  expect(issues.map(({ path, message }) => [path, message])).toEqual([
    [["clients"], "is too few: 20 a second that stay 2000 ms are 40 at once"],
  ]);
  expect(parameters.safeParse({ clients: 10, holds: "2s", executor: "per-vu-iterations" }).success).toBe(true);
});

it.each([
  ["clients", 2_001],
  ["clients", 0],
  ["rate", 1_001],
  ["executor", "constant-vus"],
  ["lasts", "11m"],
  ["holds", 5],
])("does not take %s: %s", (name, value) => {
  expect(parameters.safeParse({ [name]: value }).success).toBe(false);
});
