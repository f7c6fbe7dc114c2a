import { describe, expect, it } from "vitest";
import { hardenedDtls, weakDtls } from "#simulator/dtls/server-knobs.ts";
import { hurlAtDtls } from "./dtls.ts";

/** What a short run comes to. */
async function course() {
  const { atServer, atClients, attacked, server } = await hurlAtDtls({ count: 3_000, seed: 3, knobs: hardenedDtls });
  return { atServer, atClients, attacked, server };
}

describe("spoilt datagrams", () => {
  it("make nobody throw, forge nothing, and keep no honest client out of a hardened server", async () => {
    const figures = await hurlAtDtls({ count: 10_000 });
    expect(figures.atServer).toBeGreaterThan(2_000);
    expect(figures.atClients).toBeGreaterThan(2_000);
    expect(figures.attacked.completed).toBeGreaterThan(0);
    expect(figures.honest.asked).toBeGreaterThan(0);
    expect(figures.honest.answered).toBe(figures.honest.asked);
    expect(figures.forged).toBe(0);
    expect(figures.mostHandshakes).toBeLessThanOrEqual(100);
    expect(figures.mostSessions).toBeLessThanOrEqual(200);
  });

  it("make nobody throw at a weak server, which takes some of them for data", async () => {
    const figures = await hurlAtDtls({ count: 10_000, knobs: weakDtls });
    expect(figures.honest.answered).toBe(figures.honest.asked);
    expect(figures.forged).toBeGreaterThan(0);
  });

  it("are the same ones for the same seed", async () => {
    expect(await course()).toEqual(await course());
  });
});
