import { expect, it } from "vitest";
import { processorSecondsIn } from "./processor-use.ts";

it("reads processor time after a name that holds brackets and blanks", () => {
  const stat = "4242 (k6 (a) b) S 1 4242 4242 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 9 0 1000 0 0";
  expect(processorSecondsIn(stat)).toBe(2);
});

it("reads nothing from another text", () => {
  expect(processorSecondsIn("")).toBeUndefined();
});
