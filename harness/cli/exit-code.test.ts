import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { LabError, type LabErrorCode, labErrorCodes } from "#contract/errors.ts";
import { exitCodeOf, exitCodeOfError } from "./exit-code.ts";

it.each([
  ["pass", "fail", 0],
  ["fail", "fail", 1],
  ["inconclusive", "fail", 2],
  ["not-tested", "fail", 2],
  ["error", "fail", 3],
  ["inconclusive", "inconclusive", 1],
  ["fail", "never", 0],
] as const)("ends a run that is %s, failing on %s, with %i", (verdict, failOn, code) => {
  expect(exitCodeOf(verdict, failOn)).toBe(code);
});

it("calls an unexpected error a fault of the lab", () => {
  expect(exitCodeOfError(new TypeError("x"))).toBe(3);
});

it.each(Object.entries(labErrorCodes))("documents %s with its meaning and its exit code", (code, meaning) => {
  const row = readFileSync("docs/errors.md", "utf8")
    .split("\n")
    .find((line) => line.startsWith(`| \`${code}\` |`));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Object.entries widens the keys
  const exit = exitCodeOfError(new LabError(code as LabErrorCode, "", ""));
  expect(row).toBe(`| \`${code}\` | ${meaning} | ${exit} |`);
});
