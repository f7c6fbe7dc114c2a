import { describe, expect, it } from "vitest";
import { benchOf } from "#testing/bench.ts";
import { brokerRestart } from "./broker-restart.ts";

const defaults = brokerRestart.parameters.parse({});
const failing = () => Promise.reject(new Error("did not come up"));

describe("broker-restart", () => {
  it("is in force before the broker is back, and lifted only when it is", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const asked: number[] = [];
    const restart = (downForMs: number) => {
      asked.push(downForMs);
      return promise;
    };
    const imposed = await brokerRestart.impose(
      benchOf([]),
      { restart },
      brokerRestart.parameters.parse({ downFor: "3s" }),
    );
    expect(asked).toEqual([3_000]);
    let lifted = false;
    const lifting = imposed[Symbol.asyncDispose]().then(() => (lifted = true));
    await Promise.resolve();
    expect(lifted).toBe(false);
    resolve();
    await lifting;
    expect(lifted).toBe(true);
  });

  it("passes a failed restart on to the one who lifts, and to nobody else", async () => {
    const imposed = await brokerRestart.impose(benchOf([]), { restart: failing }, defaults);
    await new Promise((resolve) => setImmediate(resolve));
    await expect(imposed[Symbol.asyncDispose]()).rejects.toThrow("did not come up");
  });

  it("lasts as long as the broker is down", () => {
    expect(brokerRestart.lastsMs(defaults)).toBe(2_000);
    expect(brokerRestart.lastsMs(brokerRestart.parameters.parse({ downFor: "10s" }))).toBe(10_000);
  });

  it.each(["0ms", "11m", "soon"])("does not accept %s", (downFor) => {
    expect(brokerRestart.parameters.safeParse({ downFor }).success).toBe(false);
  });
});
