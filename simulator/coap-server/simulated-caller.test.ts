import { describe, expect, it } from "vitest";
import type { CallOrder } from "#contract/coap.ts";
import type { JsonObject } from "#contract/observation.ts";
import { benchOf, loopback, realClock } from "#testing/bench.ts";
import { startTestDeviceServer } from "#testing/device-server.ts";
import { startDtlsServer } from "../dtls/dtls-server.ts";
import { hardenedDtls } from "../dtls/server-knobs.ts";
import type { DatagramPort, Peer } from "../udp/datagram.ts";
import { openUdpPort } from "../udp/udp-port.ts";
import { coapServerKnobsOf } from "./device-server-knobs.ts";
import { simulatedCaller } from "./simulated-caller.ts";

const own = { clientId: "victim", username: "victim", password: "0123456789abcdef" };

function callerOf(knobs: JsonObject = {}) {
  const bench = benchOf([], { clock: realClock() });
  return simulatedCaller(bench, { knobs: coapServerKnobsOf("hardened", knobs), as: own });
}

const read = (at: CallOrder["at"]): CallOrder => ({ at, does: "read", path: "time" });

/** A socket that answers nobody, and where what it heard came from. */
async function silence(port = 0) {
  const heard: Peer[] = [];
  const socket = await openUdpPort({ host: "127.0.0.1", port });
  socket.hear((_, from) => void heard.push(from));
  return { heard, port: socket.local.port, socket, [Symbol.asyncDispose]: () => socket.close() };
}

/** Two sockets, the second at the port above the first. */
async function neighbours(): Promise<readonly [Awaited<ReturnType<typeof silence>>, DatagramPort]> {
  for (;;) {
    const below = await silence();
    const above = await openUdpPort({ host: "127.0.0.1", port: below.port + 1 }).catch(() => undefined);
    if (above !== undefined) return [below, above];
    await below[Symbol.asyncDispose]();
  }
}

describe("the simulated caller", () => {
  it("reads, reports and observes at a server, by coap and, with its own key, by coaps", async () => {
    await using test = await startTestDeviceServer("hardened");
    const { caller, ports } = test.server;
    const plain = loopback(ports.get("coap") ?? 0, "coap");
    const secure = loopback(ports.get("coaps") ?? 0, "coaps");
    await using reading = await caller.call(read(plain));
    await using observing = await caller.call({ at: secure, does: "observe", path: "devices/victim/telemetry" });
    await using reporting = await caller.call({ at: secure, does: "report", path: "devices/victim/telemetry" });
    await expect.poll(() => reading.taken().length).toBeGreaterThan(0);
    await expect.poll(() => observing.taken(), { timeout: 3_000 }).toEqual(expect.arrayContaining(["1"]));
    expect(reporting.taken()).toEqual([]);
    expect(test.history.filter(({ action }) => action === "caller.calls")).toHaveLength(3);
  });

  it("calls as somebody else where it is told to", async () => {
    await using test = await startTestDeviceServer("hardened");
    const { caller, ports, identities } = test.server;
    const at = loopback(ports.get("coaps") ?? 0, "coaps");
    const as = identities.operator;
    if (as === undefined) throw new Error("no operator");
    await using calling = await caller.call({ at, as, does: "read", path: "config" });
    await expect.poll(() => calling.taken()[0]).toContain("pumping station");
  });

  it("does not call by a protocol that it does not speak", async () => {
    await expect(callerOf().call(read(loopback(1, "coap+tcp")))).rejects.toThrow("does not call by coap+tcp");
  });

  it.each([
    ["fixed", 1],
    ["random", 3],
  ])("has, where its port is %s, %s in three calls", async (callerPort, many) => {
    await using server = await silence();
    const caller = callerOf({ callerPort });
    for (let n = 1; n <= 3; n += 1) {
      await using _calling = await caller.call(read(loopback(server.port, "coap")));
      await expect.poll(() => server.heard.length).toBe(n);
    }
    expect(new Set(server.heard.map(({ port }) => port)).size).toBe(many);
  });

  it.each([
    ["never", 0],
    ["plain", 1],
  ])("falls back, where DTLS fails, to plain CoAP at the port below: %s", async (callerFallback, many) => {
    const [below, above] = await neighbours();
    await using _below = below;
    const bench = benchOf([], { clock: realClock() });
    await using server = startDtlsServer(above, bench, { knobs: hardenedDtls, keyOf: () => undefined });
    await using _calling = await callerOf({ callerFallback }).call(read(loopback(below.port + 1, "coaps")));
    await expect.poll(() => server.counts.refused).toBe(1);
    await expect.poll(() => below.heard.length).toBe(many);
    // What a fallback would have sent by now is there before this.
    const marker = await openUdpPort({ host: "127.0.0.1", port: 0 });
    marker.send(Buffer.of(0), { host: "127.0.0.1", port: below.port });
    await expect.poll(() => below.heard.at(-1)?.port).toBe(marker.local.port);
    await marker.close();
    expect(below.heard.length).toBe(many + 1);
  });

  it.each([
    ["endpoint-and-token", "genuine"],
    ["token-only", "forged"],
  ])("takes, where matching is by %s, of two answers the %s one", async (callerMatching, taken) => {
    const bench = benchOf([], { clock: realClock() });
    const socket = await openUdpPort({ host: "127.0.0.1", port: 0 });
    await using server = startDtlsServer(socket, bench, {
      knobs: hardenedDtls,
      keyOf: () => Buffer.from(own.password),
    });
    server.hear((bytes, from) => {
      // ACK, 2.05, with the id and token of the question: first in clear, then in the session.
      const tokenLength = (bytes[0] ?? 0) & 15;
      const head = Buffer.concat([Buffer.of(0x60 | tokenLength, 0x45), bytes.subarray(2, 4 + tokenLength)]);
      const answer = (text: string) => Buffer.concat([head, Buffer.of(0xff), Buffer.from(text)]);
      socket.send(answer("forged"), { host: from.host, port: from.port });
      server.send(answer("genuine"), from);
    });
    await using calling = await callerOf({ callerMatching }).call(read(loopback(socket.local.port, "coaps")));
    await expect.poll(() => calling.taken().length).toBeGreaterThan(0);
    expect(calling.taken()[0]).toBe(taken);
  });
});
