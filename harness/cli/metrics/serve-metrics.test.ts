import { expect, it } from "vitest";
import { serveMetrics } from "./serve-metrics.ts";

const serve = (where = "127.0.0.1:0") => serveMetrics(where);

it("serves what was seen so far, with the media type that Prometheus asks for", async () => {
  await using served = await serve();
  const take = served.follow({ scenario: "outage", seed: "1", version: "0.1.0" });
  take({ seq: 0, atMs: 2_000, actor: "lab:engine", action: "x", phase: "noted" });
  const response = await fetch(served.url);
  expect(response.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(await response.text()).toContain('seatrial_run_seconds{run="outage"} 2\n');
});

it("has one page, which can only be read", async () => {
  await using served = await serve();
  expect((await fetch(new URL("/", served.url))).status).toBe(404);
  const posted = await fetch(served.url, { method: "POST", body: "x" });
  expect([posted.status, posted.headers.get("allow")]).toEqual([405, "GET"]);
});

it("names the port that another program has", async () => {
  await using served = await serve();
  const { port } = new URL(served.url);
  await expect(serve(`127.0.0.1:${port}`)).rejects.toMatchObject({
    code: "E_PORT_TAKEN",
    message: expect.stringContaining(port),
  });
});

it("refuses an address that this machine does not have", async () => {
  await expect(serve("192.0.2.1:9464")).rejects.toMatchObject({ code: "E_USAGE" });
});

it("is gone when it is disposed of, whoever is still connected", async () => {
  const served = await serve();
  await fetch(served.url);
  await served[Symbol.asyncDispose]();
  await expect(fetch(served.url)).rejects.toThrow("fetch failed");
});
