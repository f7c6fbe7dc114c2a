import { expect, it } from "vitest";
import { benchOf } from "#testing/bench.ts";
import { diskFull } from "./disk-full.ts";

it("fills the disk when imposed, and frees it when lifted", async () => {
  const log: string[] = [];
  const fillDisk = async () => {
    log.push("full");
    return { [Symbol.asyncDispose]: async () => void log.push("free") };
  };
  const imposed = await diskFull.impose(benchOf([]), { fillDisk }, diskFull.parameters.parse({}));
  expect(log).toEqual(["full"]);
  await imposed[Symbol.asyncDispose]();
  expect(log).toEqual(["full", "free"]);
});

it("does not expect devices to lose their connections", () => {
  expect(diskFull.severs).toBe(false);
});

it("lasts and is watched for as long as asked", () => {
  const asked = diskFull.parameters.parse({ lasts: "5s", watch: "1m" });
  expect([diskFull.lastsMs(asked), diskFull.watchMs(asked)]).toEqual([5_000, 60_000]);
});
