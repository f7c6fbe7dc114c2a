import { expect, it } from "vitest";
import { benchOf } from "#testing/bench.ts";
import { brokerPause } from "./broker-pause.ts";

const defaults = brokerPause.parameters.parse({});

it("freezes the broker when imposed, and lets it go on when lifted", async () => {
  const log: string[] = [];
  const pause = async () => {
    log.push("frozen");
    return { [Symbol.asyncDispose]: async () => void log.push("goes on") };
  };
  const imposed = await brokerPause.impose(benchOf([]), { pause }, defaults);
  expect(log).toEqual(["frozen"]);
  await imposed[Symbol.asyncDispose]();
  expect(log).toEqual(["frozen", "goes on"]);
});

it("lasts by itself until a device with a keep alive of 30 s has noticed and tried again", () => {
  const noticedAfterMs = 1.5 * 30_000;
  const longestFirstDelayMs = 2_000;
  expect(brokerPause.severs).toBe(true);
  expect(brokerPause.lastsMs(defaults)).toBeGreaterThan(noticedAfterMs + longestFirstDelayMs);
});

it("is watched by itself until a device that waits for its CONNACK has given up and tried again", () => {
  const connectWithinMs = 10_000;
  const longestDelayMs = 8_000;
  expect(brokerPause.watchMs(defaults)).toBeGreaterThan(connectWithinMs + longestDelayMs);
});

it("lasts and is watched for as long as asked", () => {
  const asked = brokerPause.parameters.parse({ lasts: "5s", watch: "1m" });
  expect([brokerPause.lastsMs(asked), brokerPause.watchMs(asked)]).toEqual([5_000, 60_000]);
});
