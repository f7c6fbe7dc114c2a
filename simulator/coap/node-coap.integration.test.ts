import { once } from "node:events";
import coap from "coap";
import { CoapClient as NodeCoapClient } from "node-coap-client";
import { afterEach, describe, expect, it } from "vitest";
import { realClock } from "#testing/bench.ts";
import { clientOnLoopback, loopbackSecret, serveOnLoopback } from "#testing/coap-on-sockets.ts";
import { openUdpPort } from "../udp/udp-port.ts";
import { code, codeOf } from "./code.ts";

const host = "127.0.0.1";
const body = Buffer.from(Array.from({ length: 20_000 }, (_, at) => (at * 31) % 256));
async function freePort(): Promise<number> {
  const socket = await openUdpPort({ host, port: 0 });
  await socket.close();
  return socket.local.port;
}

const open = { freshness: "none", firstResponse: "whole", maxRequestsPerSecond: 0 } as const;

describe("our client at the server of npm coap", () => {
  it("reads, uploads, downloads, observes, and waits for a separate response", async () => {
    let stored: Buffer = Buffer.alloc(0);
    const server = coap.createServer((request, response) => {
      if (request.url === "/slow") return void setTimeout(() => response.end("late"), 300);
      if (request.headers["Observe"] === 0) {
        response.write("1");
        setTimeout(() => response.end("2"), 200);
        return;
      }
      if (request.method === "PUT") stored = request.payload;
      response.end(request.method === "GET" && request.url === "/body" ? stored : "hello");
    });
    const port = await freePort();
    await new Promise<void>((resolve) => void server.listen(port, host, () => resolve()));
    await using client = await clientOnLoopback();
    const to = { host, port };
    const ask = (path: string, more: { readonly code?: number; readonly payload?: Buffer } = {}) =>
      client.request({ to, path, code: code.get, withinMs: 5_000, ...more });
    expect((await ask("info")).payload.toString()).toBe("hello");
    expect((await ask("slow")).payload.toString()).toBe("late");
    // Its server knows an upload by the token, and ours is another in every message, so what goes up fits one block.
    await ask("body", { code: code.put, payload: body.subarray(0, 1_000) });
    expect(stored.equals(body.subarray(0, 1_000))).toBe(true);
    stored = body;
    expect((await ask("body")).payload.equals(body)).toBe(true);
    const states: string[] = [];
    const observation = client.observe({
      to,
      path: "ticks",
      onState: ({ payload }) => states.push(payload.toString()),
    });
    await observation.established;
    await realClock().sleep(500);
    expect(states).toEqual(["1", "2"]);
    await observation.cancel();
    await new Promise<void>((resolve) => void server.close(() => resolve()));
  });
});

async function askAsNpmCoap(
  port: number,
  pathname: string,
  more: { readonly method?: "PUT" | "POST"; readonly payload?: Buffer } = {},
) {
  const request = coap.request({ host, port, pathname, method: more.method ?? "GET" });
  // With this option it sends the body in blocks.
  if (more.payload !== undefined) request.setOption("Block1", Buffer.of(6));
  request.end(more.payload);
  const [response] = await once(request, "response");
  return { code: codeOf(response.code), payload: response.payload.toString("latin1") };
}

describe("the client of npm coap at our server", () => {
  it("reads, uploads, downloads, and waits for a separate response", async () => {
    await using server = await serveOnLoopback(open);
    expect((await askAsNpmCoap(server.port, "/info")).payload).toBe("hello");
    expect((await askAsNpmCoap(server.port, "/slow")).payload).toBe("late");
    expect((await askAsNpmCoap(server.port, "/body", { method: "PUT", payload: body })).code).toBe(code.changed);
    expect((await askAsNpmCoap(server.port, "/body")).payload).toBe(body.toString("latin1"));
  });

  it("observes, and stops", async () => {
    await using server = await serveOnLoopback(open);
    const request = coap.request({ host, port: server.port, pathname: "/time", observe: true });
    request.end();
    const [response] = await once(request, "response");
    const states: string[] = [];
    response.on("data", (state: Buffer) => states.push(state.toString()));
    await realClock().sleep(1_000);
    response.close();
    expect(states.length).toBeGreaterThanOrEqual(3);
  });
});

const url = (scheme: "coap" | "coaps", port: number, path: string) => `${scheme}://${host}:${port}/${path}`;

describe("node-coap-client at our server", () => {
  afterEach(() => NodeCoapClient.reset());
  it("reads and changes over plain CoAP", async () => {
    await using server = await serveOnLoopback(open);
    const read = await NodeCoapClient.request(url("coap", server.port, "info"), "get");
    expect(read.payload?.toString()).toBe("hello");
    await NodeCoapClient.request(url("coap", server.port, "body"), "put", Buffer.from("on"));
    const again = await NodeCoapClient.request(url("coap", server.port, "body"), "get");
    expect(again.payload?.toString()).toBe("on");
  });

  it("reads, changes and observes within DTLS, at a hardened server", async () => {
    await using server = await serveOnLoopback({ secure: true });
    NodeCoapClient.setSecurityParams(host, { psk: { [loopbackSecret.identity]: loopbackSecret.key } });
    await NodeCoapClient.request(url("coaps", server.port, "body"), "put", Buffer.from("on"));
    const read = await NodeCoapClient.request(url("coaps", server.port, "body"), "get");
    expect(read.payload?.toString()).toBe("on");
    const states: string[] = [];
    await NodeCoapClient.observe(url("coaps", server.port, "time"), "get", ({ payload }) => {
      states.push(payload?.toString() ?? "");
    });
    await realClock().sleep(1_000);
    expect(states.length).toBeGreaterThanOrEqual(3);
  });
});
