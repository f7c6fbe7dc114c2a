import { expect, it } from "vitest";
import { Refused } from "#contract/errors.ts";
import { benchOf, loopback, realClock } from "#testing/bench.ts";
import { loopbackSecret, serveOnLoopback } from "#testing/coap-on-sockets.ts";
import { code } from "./code.ts";
import { honestCoap, succeeds } from "./honest-client.ts";

const lamp = { clientId: "lamp", password: loopbackSecret.key };

it("asks over plain CoAP where the target has nothing else, and shows its address for a change", async () => {
  await using server = await serveOnLoopback();
  const ground = { at: loopback(server.port, "coap"), listeners: [] };
  await using client = await honestCoap(benchOf([], { clock: realClock() }), ground, lamp);
  expect((await client.ask({ code: code.get, path: "info" })).payload.toString()).toBe("hello");
  expect(succeeds(await client.ask({ code: code.put, path: "body", payload: "on" }))).toBe(true);
  expect(client.at.port).toBe(server.port);
});

it("goes by DTLS where the target offers it and it has a key, with its client id as identity", async () => {
  await using plain = await serveOnLoopback();
  await using secure = await serveOnLoopback({ secure: true });
  const ground = { at: loopback(plain.port, "coap"), listeners: [loopback(secure.port, "coaps")] };
  await using client = await honestCoap(benchOf([], { clock: realClock() }), ground, lamp);
  expect(succeeds(await client.ask({ code: code.put, path: "body", payload: "on" }))).toBe(true);
  expect([plain.calls.length, secure.calls.length]).toEqual([0, 1]);
  await using keyless = await honestCoap(benchOf([], { clock: realClock() }), ground, { clientId: "lamp" });
  await keyless.ask({ code: code.get, path: "info" });
  expect(plain.calls).toHaveLength(1);
});

it("throws Refused where it must be served and hears 4.01, and hands out every other code", async () => {
  await using server = await serveOnLoopback();
  const ground = { at: loopback(server.port, "coap"), listeners: [] };
  await using client = await honestCoap(benchOf([], { clock: realClock() }), ground);
  expect(await client.ask({ code: code.get, path: "nowhere", must: true })).toMatchObject({ code: code.notFound });
  expect(await client.ask({ code: code.get, path: "forbidden" })).toMatchObject({ code: code.forbidden });
  await expect(client.ask({ code: code.get, path: "forbidden", must: true })).rejects.toBeInstanceOf(Refused);
});
