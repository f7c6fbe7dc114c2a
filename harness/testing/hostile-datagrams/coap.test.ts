import { expect, it } from "vitest";
import { hardenedServer, weakServer } from "#simulator/coap/server-knobs.ts";
import { hurlAtCoap } from "./coap.ts";

it.each([
  ["hardened", hardenedServer],
  ["weak", weakServer],
])("spoilt datagrams make nobody throw, and keep no honest client out of a %s server", async (_, knobs) => {
  const figures = await hurlAtCoap({ count: 10_000, knobs });
  expect(figures.atServer).toBeGreaterThan(2_000);
  expect(figures.atClients).toBeGreaterThan(2_000);
  expect(figures.honest.asked).toBeGreaterThan(0);
  expect(figures.honest.answered).toBe(figures.honest.asked);
});
