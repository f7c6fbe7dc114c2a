import { expect, it } from "vitest";
import { benchOf } from "#testing/bench.ts";
import { networkCut } from "./network-cut.ts";

it("takes the target off its network when imposed, and puts it back when lifted", async () => {
  const log: string[] = [];
  const cutNetwork = async () => {
    log.push("off");
    return { [Symbol.asyncDispose]: async () => void log.push("back") };
  };
  const imposed = await networkCut.impose(benchOf([]), { cutNetwork }, networkCut.parameters.parse({}));
  expect(log).toEqual(["off"]);
  await imposed[Symbol.asyncDispose]();
  expect(log).toEqual(["off", "back"]);
});

it("severs, and lasts and is watched for as long as asked", () => {
  const asked = networkCut.parameters.parse({ lasts: "5s", watch: "1m" });
  expect(networkCut.severs).toBe(true);
  expect([networkCut.lastsMs(asked), networkCut.watchMs(asked)]).toEqual([5_000, 60_000]);
});
