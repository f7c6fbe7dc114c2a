import { expect, it } from "vitest";
import { askAgain } from "./ask-again.ts";

it("waits twice as long each time, and no longer than it may in all", async () => {
  const waited: number[] = [];
  const answer = await askAgain(1_000, async (waitMs) => {
    waited.push(waitMs);
    return undefined;
  });
  expect(answer).toBeUndefined();
  expect(waited).toEqual([100, 200, 400, 300]);
});

it("asks no more once something has answered", async () => {
  let asked = 0;
  expect(await askAgain(60_000, async () => ((asked += 1) === 2 ? "yes" : undefined))).toBe("yes");
  expect(asked).toBe(2);
});
