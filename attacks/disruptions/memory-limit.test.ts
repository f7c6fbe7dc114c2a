import { expect, it } from "vitest";
import { benchOf } from "#testing/bench.ts";
import { memoryLimit } from "./memory-limit.ts";

it("leaves the target as much memory as was asked, until lifted", async () => {
  const log: unknown[] = [];
  const limitMemory = async (spareBytes: number) => {
    log.push(spareBytes);
    return { [Symbol.asyncDispose]: async () => void log.push("lifted") };
  };
  const asked = memoryLimit.parameters.parse({ spare: 12 });
  const imposed = await memoryLimit.impose(benchOf([]), { limitMemory }, asked);
  await imposed[Symbol.asyncDispose]();
  expect(log).toEqual([12_000_000, "lifted"]);
});

it("does not expect devices to lose their connections", () => {
  expect(memoryLimit.severs).toBe(false);
});

it.each([0, 4_097, 1.5])("does not leave %s megabytes", (spare) => {
  expect(memoryLimit.parameters.safeParse({ spare }).success).toBe(false);
});
