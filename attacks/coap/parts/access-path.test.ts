import { expect, it } from "vitest";
import { below } from "./access-path.ts";

it.each([
  ["", "x", "x"],
  ["new", "x", "new/x"],
  ["new/", "x", "new/x"],
])("below %j, %s is %s", (path, name, whole) => {
  expect(below(path, name)).toBe(whole);
});
