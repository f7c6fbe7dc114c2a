import { expect, it } from "vitest";
import { benchOf } from "#testing/bench.ts";
import { linkCut } from "./link-cut.ts";

it("cuts the link when imposed, and joins it when lifted", async () => {
  const log: string[] = [];
  const cutLink = async () => {
    log.push("cut");
    return { [Symbol.asyncDispose]: async () => void log.push("joined") };
  };
  const imposed = await linkCut.impose(benchOf([]), { cutLink }, linkCut.parameters.parse({}));
  expect(log).toEqual(["cut"]);
  await imposed[Symbol.asyncDispose]();
  expect(log).toEqual(["cut", "joined"]);
});

it("lasts and is watched for as long as asked", () => {
  const asked = linkCut.parameters.parse({ lasts: "5s", watch: "1m" });
  expect([linkCut.lastsMs(asked), linkCut.watchMs(asked)]).toEqual([5_000, 60_000]);
});
