import { array, assert, constantFrom, property } from "fast-check";
import { expect, it } from "vitest";
import { matches } from "./topic-filter.ts";

it.each([
  ["#", "a/b", true],
  ["+/#", "a/b", true],
  ["/#", "a/b", false],
  ["/#", "/a", true],
  ["+/b", "a/b", true],
  ["+", "a/b", false],
  ["a/#", "a", true],
  ["a/+", "a", false],
  ["a/b", "a/b", true],
  ["a/b", "a/c", false],
  ["a/b", "a", false],
  ["a", "a/b", false],
  ["#", "$SYS/x", false],
  ["+/x", "$SYS/x", false],
  ["$SYS/#", "$SYS/x", true],
] as const)("%s against %s is %s", (filter, topic, expected) => {
  expect(matches(filter, topic)).toBe(expected);
});

it("lets a plus stand for any level", () => {
  const levels = array(constantFrom("a", "b", ""), { minLength: 1, maxLength: 5 });
  assert(
    property(levels, levels, (before, after) => {
      const topic = [...before, "x", ...after].join("/");
      expect(matches([...before, "+", ...after].join("/"), topic)).toBe(true);
      expect(matches([...before, "#"].join("/"), topic)).toBe(true);
    }),
  );
});
