import {
  type Arbitrary,
  array,
  assert,
  boolean,
  constant,
  constantFrom,
  integer,
  nat,
  oneof,
  property,
  record,
  tuple,
  uint8Array,
} from "fast-check";
import { generate, type Packet } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import type { PacketCounts } from "#contract/load.ts";
import { PacketCounter, type Sender, type StreamCounter } from "./packet-counter.ts";
import { WebSocketCounter } from "./packet-counter-web-socket.ts";

const none = { connects: 0, accepted: 0, published: 0, delivered: 0 };

const topic = constantFrom("a", "devices/thermostat-0001/telemetry");
// Lengths on both sides of where a fixed header grows, and of where the length of a frame does.
const payload = oneof(
  { arbitrary: nat(6), weight: 8 },
  integer({ min: 100, max: 140 }),
  constantFrom(16_370, 65_535, 70_000),
).map((length) => Buffer.alloc(length, 0x31));
const messageId = integer({ min: 1, max: 65_535 });
const publish: Arbitrary<Packet> = record({
  cmd: constant("publish" as const),
  dup: constant(false),
  topic,
  payload,
  qos: constantFrom(0, 1, 2),
  retain: boolean(),
  messageId,
});
const connect: Packet = { cmd: "connect", clientId: "c", protocolId: "MQTT", protocolVersion: 4, keepalive: 0 };
const connack = constantFrom(0, 5).map((returnCode): Packet => ({ cmd: "connack", returnCode, sessionPresent: true }));
const puback = messageId.map((id): Packet => ({ cmd: "puback", messageId: id }));

/** What a client or a server may send on one connection. */
const streams: { readonly [sender in Sender]: Arbitrary<readonly Packet[]> } = {
  client: array(
    oneof(publish, puback, constant<Packet>({ cmd: "pingreq" }), constant<Packet>({ cmd: "disconnect" })),
  ).map((rest): readonly Packet[] => Array.of<Packet>(connect).concat(rest)),
  server: tuple(connack, array(oneof(publish, puback, constant<Packet>({ cmd: "pingresp" })))).map(([first, rest]) =>
    [first].concat(rest),
  ),
};

function countsOf(packets: readonly Packet[], sender: Sender): PacketCounts {
  const publishes = packets.filter(({ cmd }) => cmd === "publish").length;
  return {
    connects: packets.filter(({ cmd }) => cmd === "connect").length,
    accepted: packets.filter((packet) => packet.cmd === "connack" && packet.returnCode === 0).length,
    published: sender === "client" ? publishes : 0,
    delivered: sender === "server" ? publishes : 0,
  };
}

const bytesOf = (packets: readonly Packet[]) => Buffer.concat(packets.map((packet) => generate(packet)));

/** Cuts bytes at places given as fractions of their length. */
function split(bytes: Uint8Array, cuts: readonly number[]): readonly Uint8Array[] {
  const places = [0, ...cuts.map((cut) => Math.floor(cut * bytes.length)), bytes.length].toSorted(
    (one, other) => one - other,
  );
  return places.slice(1).map((place, n) => bytes.subarray(places[n], place));
}

const cuts = array(
  integer({ min: 0, max: 10_000 }).map((n) => n / 10_000),
  { maxLength: 12 },
);

function read(counter: StreamCounter, pieces: readonly Uint8Array[]): void {
  for (const piece of pieces) counter.take(piece, 0, piece.length);
}

/** One frame, whole (RFC 6455 §5.2). */
function frame(opcode: number, isLast: boolean, content: Uint8Array, mask: Uint8Array | undefined): Uint8Array {
  const { length } = content;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = (isLast ? 0x80 : 0) | opcode;
  head[1] = (mask ? 0x80 : 0) | (head.length === 2 ? length : head.length === 4 ? 126 : 127);
  if (head.length === 4) head.writeUInt16BE(length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
  if (mask === undefined) return Buffer.concat([head, content]);
  return Buffer.concat([head, mask, content.map((byte, at) => byte ^ (mask[at % 4] ?? 0))]);
}

const mask = array(integer({ min: 1, max: 255 }), { minLength: 4, maxLength: 4 }).map((bytes) =>
  Uint8Array.from(bytes),
);
const heads = {
  client: "GET /mqtt HTTP/1.1\r\nHost: a\r\nX-Odd: \r\r\n\r\r\n\r\n",
  server: "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n",
};

/** The stream in frames and messages that begin and end anywhere, with pings in between. */
const framed = record({
  messages: cuts,
  frames: cuts,
  masks: array(mask, { minLength: 1 }),
  pings: array(nat(125)),
}).map(({ messages, frames, masks, pings }) => (bytes: Uint8Array, sender: Sender): Uint8Array => {
  const out: Uint8Array[] = [Buffer.from(heads[sender])];
  const maskOf = (n: number) => (sender === "client" ? masks[n % masks.length] : undefined);
  for (const message of split(bytes, messages)) {
    const parts = split(message, frames);
    for (const [n, part] of parts.entries()) {
      out.push(frame(n === 0 ? 2 : 0, n === parts.length - 1, part, maskOf(n)));
      const ping = pings[out.length];
      if (ping !== undefined) out.push(frame(9, true, Buffer.alloc(ping, 0x10), maskOf(n + 1)));
    }
  }
  return Buffer.concat(out);
});

for (const sender of ["client", "server"] as const) {
  describe(`what a ${sender} sends`, () => {
    it("is counted as it was made, however the stream is cut up", () => {
      assert(
        property(streams[sender], cuts, (packets, at) => {
          const sums = { ...none };
          read(new PacketCounter(sums, sender), split(bytesOf(packets), at));
          expect(sums).toEqual(countsOf(packets, sender));
        }),
      );
    });

    it("is counted as it was made in WebSocket frames, however packets, frames and pieces lie", () => {
      assert(
        property(streams[sender], framed, cuts, (packets, inFrames, at) => {
          const sums = { ...none };
          const counter = new WebSocketCounter(new PacketCounter(sums, sender), sender);
          read(counter, split(inFrames(bytesOf(packets), sender), at));
          expect(sums).toEqual(countsOf(packets, sender));
          expect(counter.reads).toBe(true);
        }),
      );
    });

    it("may be anything: garbage never throws", () => {
      assert(
        property(uint8Array({ maxLength: 400 }), boolean(), cuts, (garbage, afterHead, at) => {
          const bytes = afterHead ? Buffer.concat([Buffer.from(heads[sender]), garbage]) : garbage;
          read(new PacketCounter({ ...none }, sender), split(bytes, at));
          read(new WebSocketCounter(new PacketCounter({ ...none }, sender), sender), split(bytes, at));
        }),
      );
    });
  });
}

const byByte = (all: Buffer) => [...all.keys()].map((at) => all.subarray(at, at + 1));

it("is counted a byte at a time, too", () => {
  const packets: Packet[] = [connect, { cmd: "publish", topic: "a", payload: "b", qos: 0, dup: false, retain: false }];
  const bytes = Buffer.from(bytesOf(packets));
  const masked = frame(2, true, bytes, Uint8Array.of(0x12, 0x34, 0x56, 0x78));
  const [plain, inFrames] = [{ ...none }, { ...none }];
  read(new PacketCounter(plain, "client"), byByte(bytes));
  const counter = new WebSocketCounter(new PacketCounter(inFrames, "client"), "client");
  read(counter, byByte(Buffer.concat([Buffer.from(heads.client), masked])));
  const expected = { ...none, connects: 1, published: 1 };
  expect([plain, inFrames]).toEqual([expected, expected]);
});

it("counts a packet when its last byte has passed, not before", () => {
  const sums = { ...none };
  const counter = new PacketCounter(sums, "client");
  const bytes = bytesOf([connect]);
  counter.take(bytes, 0, bytes.length - 1);
  expect(sums.connects).toBe(0);
  counter.take(bytes, bytes.length - 1, bytes.length);
  expect(sums.connects).toBe(1);
});

it("takes the reason code of an MQTT 5 CONNACK as what it says", () => {
  const sums = { ...none };
  for (const reasonCode of [0, 0x87]) {
    const bytes = generate(
      { cmd: "connack", reasonCode, sessionPresent: false, properties: { maximumPacketSize: 100 } },
      { protocolVersion: 5 },
    );
    read(new PacketCounter(sums, "server"), [bytes]);
  }
  expect(sums.accepted).toBe(1);
});

const binary = (bytes: Uint8Array) => frame(2, true, bytes, undefined);
const clientCounter = () => {
  const sums = { ...none };
  return { sums, counter: new WebSocketCounter(new PacketCounter(sums, "client"), "client") };
};

describe("reading ends for good", () => {
  const publishes = bytesOf([{ cmd: "publish", topic: "a", payload: "b", qos: 0, dup: false, retain: false }]);

  it.each([
    ["a client does not begin with CONNECT", publishes],
    ["a length has more than four bytes", Buffer.from([0x10, 0x80, 0x80, 0x80, 0x80, 1])],
    ["a packet has the type that is forbidden", Buffer.concat([bytesOf([connect]), Buffer.from([0, 0])])],
  ])("where %s", (_why, bytes) => {
    const sums = { ...none };
    const counter = new PacketCounter(sums, "client");
    read(counter, [bytes, bytesOf([connect]), publishes]);
    expect(counter.reads).toBe(false);
    expect(sums.published).toBe(0);
  });

  it.each([
    ["is compressed", Buffer.from([0xc2, 0])],
    ["is text", Buffer.from([0x81, 0])],
    ["is of no known kind", Buffer.from([0x83, 0])],
    ["is a ping longer than a frame for control may be", Buffer.from([0x89, 126, 0, 126])],
  ])("where a frame %s", (_why, bytes) => {
    const { sums, counter } = clientCounter();
    read(counter, [Buffer.from(heads.client), bytes, binary(bytesOf([connect]))]);
    expect(counter.reads).toBe(false);
    expect(sums).toEqual(none);
  });

  it.each([
    ["is another protocol", "client", Buffer.from("SSH-2.0-x\r\n\r\n")],
    ["has no end", "client", Buffer.from(`GET /${"x".repeat(20_000)}`)],
    ["refuses the upgrade", "server", Buffer.from("HTTP/1.1 403 Forbidden\r\n\r\n")],
  ] as const)("where the head %s", (_why, sender, bytes) => {
    const counter = new WebSocketCounter(new PacketCounter({ ...none }, sender), sender);
    read(counter, [bytes]);
    expect(counter.reads).toBe(false);
  });
});
