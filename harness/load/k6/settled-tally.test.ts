import { expect, it } from "vitest";
import { benchOf } from "#testing/bench.ts";
import { settledTally } from "./settled-tally.ts";

/** A target whose readings are these, the last one for ever. */
function targetOf(readings: readonly number[]) {
  let n = 0;
  return async () => ({ connections: readings[Math.min(n++, readings.length - 1)] ?? 0, from: "test" });
}

it("waits until two readings are alike", async () => {
  expect(await settledTally(benchOf([]), 3_000, targetOf([1, 5, 9, 9, 20]))).toMatchObject({ connections: 9 });
});

it("takes the last reading of a target that does not come to rest", async () => {
  const everMore = targetOf(Array.from({ length: 100 }, (_, n) => n));
  expect(await settledTally(benchOf([]), 3_000, everMore)).toMatchObject({ connections: 6 });
});

it("is nothing where the target does not count, or cannot be asked", async () => {
  expect(await settledTally(benchOf([]), 3_000)).toBeUndefined();
  expect(await settledTally(benchOf([]), 3_000, () => Promise.reject(new Error("down")))).toBeUndefined();
});
