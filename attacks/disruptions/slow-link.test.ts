import { expect, it } from "vitest";
import { benchOf } from "#testing/bench.ts";
import { slowLink } from "./slow-link.ts";

it("slows the link by what was asked, until lifted", async () => {
  const log: unknown[] = [];
  const slow = async (by: { readonly latencyMs: number; readonly jitterMs: number }) => {
    log.push(by);
    return { [Symbol.asyncDispose]: async () => void log.push("lifted") };
  };
  const asked = slowLink.parameters.parse({ latency: "300ms" });
  const imposed = await slowLink.impose(benchOf([]), { slowLink: slow }, asked);
  await imposed[Symbol.asyncDispose]();
  expect(log).toEqual([{ latencyMs: 300, jitterMs: 50 }, "lifted"]);
});

it("does not expect devices to lose their connections", () => {
  expect(slowLink.severs).toBe(false);
});
