import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { array, assert, asyncProperty, constantFrom, oneof, uint8Array } from "fast-check";
import { generate } from "mqtt-packet";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Scheme } from "#contract/bench.ts";
import { benchOf, loopback, realClock } from "#testing/bench.ts";
import { type CountingRelay, openCountingRelay } from "./counting-relay.ts";

let stack: AsyncDisposableStack;
beforeEach(() => {
  stack = new AsyncDisposableStack();
});
afterEach(() => stack.disposeAsync());

/** A relay to a server on loopback; what arrives is handed to `serve`. */
async function relayTo(serve: (socket: Socket) => void, scheme: Scheme = "mqtt"): Promise<CountingRelay> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => {});
    stack.defer(() => void socket.destroy());
    serve(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  stack.defer(() => void server.close());
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a listening TCP server has this kind of address
  const { port } = server.address() as AddressInfo;
  return stack.use(await openCountingRelay(benchOf([], { clock: realClock() }), loopback(port, scheme)));
}

const echo = (socket: Socket) => void socket.pipe(socket);

/** All that comes back through the relay for these pieces, after which the client ends its half. */
async function throughRelay({ host, port }: CountingRelay, pieces: readonly Uint8Array[]): Promise<Buffer> {
  const client = connect({ host, port, allowHalfOpen: true });
  for (const piece of pieces) client.write(piece);
  client.end();
  const heard: Uint8Array[] = [];
  client.on("data", (bytes: Uint8Array) => heard.push(bytes));
  await once(client, "end");
  return Buffer.concat(heard);
}

const connectPacket = generate({ cmd: "connect", clientId: "c", protocolId: "MQTT", protocolVersion: 4, keepalive: 0 });
const publishPacket = generate({ cmd: "publish", topic: "a", payload: "b", qos: 0, dup: false, retain: false });
const connackPacket = generate({ cmd: "connack", returnCode: 0, sessionPresent: false });

describe("a counting relay", () => {
  it.each(["mqtt", "ws", "mqtts"] as const)(
    "passes on what it is given unchanged, whatever it is (%s)",
    async (scheme) => {
      const relay = await relayTo(echo, scheme);
      const piece = oneof(
        uint8Array({ minLength: 1, maxLength: 3_000 }),
        constantFrom(connectPacket, publishPacket, Buffer.from("GET / HTTP/1.1\r\n\r\n")),
      );
      await assert(
        asyncProperty(array(piece), async (pieces) => {
          expect(await throughRelay(relay, pieces)).toEqual(Buffer.concat(pieces));
        }),
        { numRuns: 60 },
      );
    },
  );

  it("counts both directions of all connections together", async () => {
    const relay = await relayTo((socket) => {
      socket.resume();
      socket.write(connackPacket);
      socket.on("end", () => socket.end(Buffer.concat([publishPacket, publishPacket])));
    });
    for (let n = 0; n < 3; n += 1) await throughRelay(relay, [connectPacket, publishPacket]);
    expect(relay.counts()).toEqual({ connects: 3, accepted: 3, published: 3, delivered: 6 });
  });

  it("counts no further on a connection that speaks something else, and goes on with the others", async () => {
    const relay = await relayTo((socket) => void socket.resume().on("end", () => socket.end()));
    await throughRelay(relay, [Buffer.from("SSH-2.0-x\r\n"), connectPacket, publishPacket]);
    await throughRelay(relay, [connectPacket]);
    expect(relay.counts()).toEqual({ connects: 1, accepted: 0, published: 0, delivered: 0 });
  });

  it("returns counts that stay as they are", async () => {
    const relay = await relayTo((socket) => void socket.resume().on("end", () => socket.end()));
    const before = relay.counts();
    await throughRelay(relay, [connectPacket]);
    expect(before).toMatchObject({ connects: 0 });
  });

  it.each(["mqtts", "wss"] as const)("says that it cannot count what is encrypted (%s)", async (scheme) => {
    expect((await relayTo(echo, scheme)).counts()).toBeUndefined();
  });

  it("passes on a reset as a reset", async () => {
    const { host, port } = await relayTo((socket) => void socket.once("data", () => socket.resetAndDestroy()));
    const client = connect({ host, port });
    client.write(connectPacket);
    const [cause]: unknown[] = await once(client.resume(), "close").then(
      () => ["an orderly end"],
      (error: unknown) => [error],
    );
    expect(cause).toMatchObject({ code: "ECONNRESET" });
  });
});
