import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { generate, type Packet, parser } from "mqtt-packet";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { WireStream } from "#contract/bench.ts";
import { benchOf, loopback, realClock } from "#testing/bench.ts";
import { mustEcho } from "./echo.ts";
import { honestClient } from "./honest-client.ts";

const who = { clientId: "operator", username: "operator", password: "secret" };

let server: Server;
let answer: (packet: Packet, socket: Socket) => void;

beforeEach(async () => {
  answer = echoing;
  server = createServer((socket) => {
    const reading = parser({ protocolVersion: 4 });
    reading.on("packet", (packet) => answer(packet, socket));
    socket.on("data", (bytes) => reading.parse(bytes));
    socket.on("error", () => {});
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});

afterEach(() => {
  server.close();
});

/** A broker with one client: whatever it publishes comes back. */
function echoing(packet: Packet, socket: Socket): void {
  if (packet.cmd === "connect") socket.write(generate({ cmd: "connack", returnCode: 0, sessionPresent: false }));
  if (packet.cmd === "subscribe" && packet.messageId !== undefined) {
    socket.write(
      generate({ cmd: "suback", messageId: packet.messageId, granted: packet.subscriptions.map(({ qos }) => qos) }),
    );
  }
  if (packet.cmd === "publish") {
    if (packet.messageId !== undefined) socket.write(generate({ cmd: "puback", messageId: packet.messageId }));
    socket.write(
      generate({ cmd: "publish", topic: packet.topic, payload: packet.payload, qos: 0, dup: false, retain: false }),
    );
  }
}

function at() {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a TCP server's address is never a pipe's name
  return loopback((server.address() as AddressInfo).port);
}

const bench = () => benchOf([], { clock: realClock() });

it("subscribes, publishes and receives", async () => {
  await using client = await honestClient(bench(), at(), who);
  await client.subscribe("t", 1);
  await client.publish("t", "hello", { qos: 1 });
  expect(await client.until(({ payload }) => payload === "hello", 500)).toMatchObject({ topic: "t", retain: false });
});

it("goes over a recorded connection", async () => {
  const seen: string[] = [];
  const stream: WireStream = {
    reference: { file: "evidence/test.pcapng", stream: 4 },
    sent: (bytes) => void seen.push(`sent ${Buffer.from(bytes).toString("hex")}`),
    received: (bytes) => void seen.push(`received ${Buffer.from(bytes).toString("hex")}`),
    closed: (how, by) => void seen.push(`${how} by ${by}`),
  };
  const client = await honestClient({ ...bench(), wire: { open: () => stream } }, at(), who);
  await client[Symbol.asyncDispose]();
  expect(client.reference.stream).toBe(4);
  expect(seen.slice(0, -1)).toEqual([
    "sent 102600044d51545404c2003c00086f70657261746f7200086f70657261746f720006736563726574",
    "received 20020000",
    "sent e000",
  ]);
  expect(seen.at(-1)).toBe("fin by us");
});

it("says why it was not admitted", async () => {
  answer = (_packet, socket) => socket.end(Uint8Array.of(0x20, 0x02, 0x00, 0x05));
  await expect(honestClient(bench(), at(), who)).rejects.toThrow(/operator was not admitted: .*Not authorized/);
});

it("says that the broker closed instead of answering", async () => {
  answer = (_packet, socket) => socket.end();
  await expect(honestClient(bench(), at(), who)).rejects.toThrow("operator was not admitted: the broker closed");
});

it("throws where a subscription is denied", async () => {
  answer = (packet, socket) => {
    if (packet.cmd !== "subscribe" || packet.messageId === undefined) return echoing(packet, socket);
    socket.write(generate({ cmd: "suback", messageId: packet.messageId, granted: [128] }));
  };
  await using client = await honestClient(bench(), at(), who);
  await expect(client.subscribe("t")).rejects.toThrow("Subscribe error");
});

it("does not wait for ever when the connection ends before the answer", async () => {
  answer = (packet, socket) => (packet.cmd === "publish" ? socket.resetAndDestroy() : echoing(packet, socket));
  await using client = await honestClient(bench(), at(), who);
  await expect(client.publish("t", "x", { qos: 1 })).rejects.toThrow("the connection ended before PUBACK");
  expect(client.isOpen).toBe(false);
});

it("ends with its stage", async () => {
  const stage = new AbortController();
  const client = await honestClient({ ...bench(), signal: stage.signal }, at(), who);
  stage.abort();
  expect(client.isOpen).toBe(false);
  expect(await client.until(() => true, 5_000)).toBeUndefined();
});

it("echoes: a canary comes back", async () => {
  await expect(mustEcho(bench(), at(), who, "t", 500)).resolves.toBeUndefined();
});

it("does not echo where the canary is swallowed", async () => {
  answer = (packet, socket) => (packet.cmd === "publish" ? undefined : echoing(packet, socket));
  await expect(mustEcho(bench(), at(), who, "t", 40)).rejects.toThrow("operator cannot use t: no canary came back");
});
