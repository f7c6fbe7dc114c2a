import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { generate, type Packet, parser } from "mqtt-packet";
import { afterEach, beforeEach, expect, it } from "vitest";
import { loopback } from "#testing/bench.ts";
import { TimerWheel } from "../fleet/timer-wheel.ts";
import { type LeanSession, type LeanSessionListener, openLeanSession } from "./lean-session.ts";

/** Writes down what a session tells. */
class Diary implements LeanSessionListener {
  readonly lines: string[] = [];
  #wake: () => void = () => {};

  onConnected(sessionPresent: boolean): void {
    this.#write(`connected ${sessionPresent}`);
  }
  onRefused(code: string): void {
    this.#write(`refused ${code}`);
  }
  onEnded(why: string): void {
    this.#write(`ended ${why}`);
  }
  onMessage(topic: string, payload: Buffer, retain: boolean, duplicate: boolean): void {
    this.#write(`message ${topic} ${payload.toString()} ${retain} ${duplicate}`);
  }
  onAcknowledged(token: number): void {
    this.#write(`acknowledged ${token}`);
  }
  onSubscribed(granted: boolean): void {
    this.#write(`subscribed ${granted}`);
  }
  async until(count: number): Promise<readonly string[]> {
    while (this.lines.length < count) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.lines;
  }
  #write(line: string): void {
    this.lines.push(line);
    this.#wake();
  }
}

/** The broker's end of a connection, driven by the test. */
class Peer {
  readonly socket: Socket;
  readonly #packets: Packet[] = [];
  #wake: () => void = () => {};
  constructor(socket: Socket) {
    this.socket = socket;
    const reading = parser();
    reading.on("packet", (packet) => {
      this.#packets.push(packet);
      this.#wake();
    });
    socket.on("data", (bytes) => reading.parse(bytes));
    socket.on("error", () => {});
  }
  async next(): Promise<Packet> {
    for (;;) {
      const packet = this.#packets.shift();
      if (packet !== undefined) return packet;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

let server: Server;
let port: number;
let wheel: TimerWheel;
let diary: Diary;
let session: LeanSession | undefined;

beforeEach(async () => {
  server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  port = typeof address === "object" && address !== null ? address.port : 0;
  wheel = new TimerWheel(0);
  diary = new Diary();
});

afterEach(() => {
  session?.destroy();
  server.close();
});

async function open(options: { readonly keepAliveS?: number } = {}): Promise<Peer> {
  const arrival = once(server, "connection");
  session = openLeanSession(
    loopback(port),
    { clientId: "probe", keepAliveS: 10, clean: true, ...options },
    diary,
    wheel,
  );
  const [socket] = await arrival;
  const peer = new Peer(socket);
  expect(await peer.next()).toMatchObject({ cmd: "connect", clientId: "probe" });
  return peer;
}

async function connected(options: { readonly keepAliveS?: number } = {}): Promise<Peer> {
  const peer = await open(options);
  peer.socket.write(Buffer.from([0x20, 2, 0, 0]));
  await diary.until(1);
  diary.lines.length = 0;
  return peer;
}

it("is open after CONNACK 0, and tells whether the broker kept its session", async () => {
  const peer = await open();
  expect(session?.isOpen).toBe(false);
  peer.socket.write(Buffer.from([0x20, 2, 1, 0]));
  expect(await diary.until(1)).toEqual(["connected true"]);
  expect(session?.isOpen).toBe(true);
});

it("hears a refusal only in a CONNACK that says no", async () => {
  const peer = await open();
  peer.socket.write(Buffer.from([0x20, 2, 0, 5]));
  expect(await diary.until(1)).toEqual(["refused CONNACK 5"]);
});

it("takes a connection that is closed before CONNACK as lost, because a link may have done it", async () => {
  const peer = await open();
  peer.socket.end();
  expect(await diary.until(1)).toEqual(["ended closed"]);
});

it("names the system's code where nobody listens", async () => {
  server.close();
  session = openLeanSession(loopback(port), { clientId: "probe", keepAliveS: 10, clean: true }, diary, wheel);
  expect(await diary.until(1)).toEqual(["ended ECONNREFUSED"]);
});

it("gives up ten seconds after it began without CONNACK, and not before", async () => {
  await open();
  wheel.advance(9_990);
  expect(diary.lines).toEqual([]);
  wheel.advance(10_010);
  expect(diary.lines).toEqual(["ended no CONNACK in time"]);
});

it("pings when it has heard nothing for half of its keep alive, and lives on when it is answered", async () => {
  const peer = await connected();
  wheel.advance(4_980);
  wheel.advance(5_020);
  expect(await peer.next()).toMatchObject({ cmd: "pingreq" });
  peer.socket.write(generate({ cmd: "pingresp" }));
  peer.socket.write(generate({ cmd: "suback", messageId: 1, granted: [0] }));
  await diary.until(1);
  wheel.advance(15_000);
  wheel.advance(15_100);
  expect(await peer.next()).toMatchObject({ cmd: "pingreq" });
  expect(session?.isOpen).toBe(true);
});

it("ends one and a half keep alives after the last word of a peer that answers no ping, although it publishes on", async () => {
  const peer = await connected();
  wheel.advance(5_020);
  expect(await peer.next()).toMatchObject({ cmd: "pingreq" });
  for (let nowMs = 6_000; nowMs <= 15_000; nowMs += 1_000) {
    wheel.advance(nowMs);
    session?.publish("t", "still here", 0, false, 0);
  }
  expect(diary.lines).toEqual([]);
  wheel.advance(15_040);
  expect(diary.lines).toEqual(["ended no PINGRESP in time"]);
});

it("never pings with a keep alive of 0", async () => {
  await connected({ keepAliveS: 0 });
  wheel.advance(10_000_000);
  expect(diary.lines).toEqual([]);
});

it("hands back the token of each publish that is acknowledged, in whatever order", async () => {
  const peer = await connected();
  for (const token of [70, 71, 72]) session?.publish("t", String(token), 1, false, token);
  const ids: number[] = [];
  for (let count = 0; count < 3; count++) ids.push((await peer.next()).messageId ?? 0);
  expect(new Set(ids).size).toBe(3);
  const [first = 0, second = 0, third = 0] = ids;
  for (const messageId of [second, first, first, third]) peer.socket.write(generate({ cmd: "puback", messageId }));
  expect(await diary.until(3)).toEqual(["acknowledged 71", "acknowledged 70", "acknowledged 72"]);
});

it("reads messages that arrive byte by byte, and acknowledges those of QoS 1", async () => {
  const peer = await connected();
  const message = generate({
    cmd: "publish",
    topic: "devices/probe/command",
    payload: "open",
    qos: 1,
    messageId: 9,
    retain: true,
    dup: true,
  });
  for (const byte of message) {
    peer.socket.write(Uint8Array.of(byte));
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await peer.next()).toMatchObject({ cmd: "puback", messageId: 9 });
  expect(diary.lines).toEqual(["message devices/probe/command open true true"]);
});

it("tells whether a subscription was granted", async () => {
  const peer = await connected();
  session?.subscribe("a", 1);
  session?.subscribe("b", 1);
  expect(await peer.next()).toMatchObject({ cmd: "subscribe", subscriptions: [{ topic: "a" }] });
  peer.socket.write(generate({ cmd: "suback", messageId: 1, granted: [1] }));
  peer.socket.write(generate({ cmd: "suback", messageId: 2, granted: [0x80] }));
  expect(await diary.until(2)).toEqual(["subscribed true", "subscribed false"]);
});

it.each([
  ["a PUBLISH of QoS 3", [0x36, 5, 0, 1, 97, 0, 1]],
  ["a second CONNACK", [0x20, 2, 0, 0]],
  ["a packet that only clients send", [0xc0, 0]],
  ["a packet that is too short", [0x40, 1, 0]],
])("ends when it is sent %s", async (_, bytes) => {
  const peer = await connected();
  peer.socket.write(Uint8Array.from(bytes));
  expect((await diary.until(1))[0]).toMatch(/^ended not MQTT: /);
  expect(session?.isOpen).toBe(false);
});

it("says DISCONNECT when it closes, and tells nothing more", async () => {
  const peer = await connected();
  const ended = once(peer.socket, "end");
  session?.close();
  expect(await peer.next()).toMatchObject({ cmd: "disconnect" });
  await ended;
  peer.socket.destroy();
  wheel.advance(1_000_000);
  expect(diary.lines).toEqual([]);
});

it("counts a peer that does not read as gone before it has taken up the memory of the machine", async () => {
  const peer = await connected();
  peer.socket.pause();
  const payload = "x".repeat(64 * 1024);
  for (let count = 0; count < 400 && diary.lines.length === 0; count++) {
    session?.publish("t", payload, 0, false, 0);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await diary.until(1)).toEqual(["ended closed"]);
});
