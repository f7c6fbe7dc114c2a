import { expect, it } from "vitest";
import { inWords } from "./in-words.ts";

it("says times, sizes and ages as people do", () => {
  expect([1_234, 64_400].map(inWords.seconds)).toEqual(["1.2 s", "64 s"]);
  expect([86_600_000, 1_240_000_000].map(inWords.bytes)).toEqual(["87 MB", "1.2 GB"]);
  expect([20_000, 61_000, 7_200_000, 90_000_000].map(inWords.age)).toEqual([
    "0 minutes",
    "1 minute",
    "2 hours",
    "1 day",
  ]);
});
