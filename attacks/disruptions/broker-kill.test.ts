import { describe, expect, it } from "vitest";
import { benchOf } from "#testing/bench.ts";
import { brokerKill } from "./broker-kill.ts";

const defaults = brokerKill.parameters.parse({});
const failing = () => Promise.reject(new Error("did not come up"));

describe("broker-kill", () => {
  it("is in force before the broker is back, and lifted only when it is", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const log: unknown[] = [];
    const kill = (downForMs: number) => {
      log.push(downForMs);
      return promise;
    };
    const asked = brokerKill.parameters.parse({ downFor: "3s" });
    const imposed = await brokerKill.impose(benchOf([]), { kill }, asked);
    const lifting = imposed[Symbol.asyncDispose]().then(() => log.push("lifted"));
    await Promise.resolve();
    log.push("back");
    resolve();
    await lifting;
    expect(log).toEqual([3_000, "back", "lifted"]);
  });

  it("passes a broker that did not come back on to the one who lifts, and to nobody else", async () => {
    const imposed = await brokerKill.impose(benchOf([]), { kill: failing }, defaults);
    await new Promise((resolve) => setImmediate(resolve));
    await expect(imposed[Symbol.asyncDispose]()).rejects.toThrow("did not come up");
  });

  it("lasts as long as the broker is down, and severs", () => {
    expect(brokerKill.lastsMs(brokerKill.parameters.parse({ downFor: "10s" }))).toBe(10_000);
    expect(brokerKill.severs).toBe(true);
  });

  it.each(["0ms", "11m", "soon"])("does not accept %s", (downFor) => {
    expect(brokerKill.parameters.safeParse({ downFor }).success).toBe(false);
  });
});
