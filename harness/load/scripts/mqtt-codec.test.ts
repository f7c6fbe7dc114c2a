import { array, assert, constantFrom, integer, property, string, uint8Array } from "fast-check";
import { generate, type Packet as PeerPacket, parser } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { connect, disconnect, Malformed, PacketReader, pingRequest, puback, publish, subscribe } from "./mqtt-codec.ts";

const word = string({ unit: "grapheme", minLength: 1, maxLength: 40 });
const payload = uint8Array({ maxLength: 400 });
const id = integer({ min: 1, max: 65_535 });

/** What the reference implementation reads. */
function readByPeer(bytes: Uint8Array): PeerPacket {
  const packets: PeerPacket[] = [];
  const peer = parser({ protocolVersion: 4 });
  peer.on("packet", (packet) => packets.push(packet));
  peer.on("error", (error) => {
    throw error;
  });
  peer.parse(Buffer.from(bytes));
  const [first] = packets;
  if (first === undefined || packets.length > 1) throw new Error(`${packets.length} packets`);
  return first;
}

function message(topic: string, body: Uint8Array, qos: 0 | 1, messageId: number): Uint8Array {
  return generate({
    cmd: "publish",
    topic,
    payload: Buffer.from(body),
    qos,
    messageId,
    dup: false,
    retain: false,
  });
}

describe("what a client sends", () => {
  it("is a CONNECT that mqtt-packet reads, with any names and secrets", () => {
    assert(
      property(word, word, word, (clientId, username, password) => {
        const packet = readByPeer(connect({ clientId, username, password, clean: true, keepAliveS: 60 }));
        expect(packet).toMatchObject({
          cmd: "connect",
          protocolVersion: 4,
          clientId,
          username,
          clean: true,
          keepalive: 60,
        });
        expect(packet.cmd === "connect" && packet.password?.toString()).toBe(password);
      }),
    );
  });

  it("is a CONNECT without account where there is none", () => {
    const packet = readByPeer(connect({ clientId: "a", clean: false, keepAliveS: 0 }));
    expect(packet).toMatchObject({ cmd: "connect", clientId: "a", clean: false, keepalive: 0 });
    expect(packet).not.toHaveProperty("username");
  });

  it("is a PUBLISH that mqtt-packet reads, of either quality", () => {
    assert(
      property(word, payload, constantFrom(0, 1), id, (topic, body, qos, messageId) => {
        const packet = readByPeer(publish({ topic, payload: body, qos, id: messageId }));
        expect(packet).toMatchObject({ cmd: "publish", topic, qos, dup: false, retain: false });
        expect(packet.cmd === "publish" && Buffer.from(packet.payload)).toEqual(Buffer.from(body));
        expect(packet.messageId).toBe(qos === 1 ? messageId : undefined);
      }),
    );
  });

  it("is a PUBACK and a SUBSCRIBE that mqtt-packet reads", () => {
    expect(readByPeer(puback(65_535))).toMatchObject({ cmd: "puback", messageId: 65_535 });
    expect(readByPeer(subscribe(7, "devices/ä/#", 1))).toMatchObject({
      cmd: "subscribe",
      messageId: 7,
      subscriptions: [{ topic: "devices/ä/#", qos: 1 }],
    });
    expect(readByPeer(pingRequest)).toMatchObject({ cmd: "pingreq" });
    expect(readByPeer(disconnect)).toMatchObject({ cmd: "disconnect" });
  });

  it.each([0, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152])("has a right length around %i bytes", (length) => {
    const body = new Uint8Array(Math.max(0, length - 3));
    const packet = readByPeer(publish({ topic: "t", payload: body, qos: 0 }));
    expect(packet.cmd === "publish" && packet.payload.length).toBe(body.length);
  });

  it("replaces half a surrogate, as a text encoder does", () => {
    expect(readByPeer(publish({ topic: "a\ud800b", payload: new Uint8Array(0), qos: 0 }))).toMatchObject({
      topic: "a\ufffdb",
    });
  });
});

describe("what a client reads", () => {
  it("is the same however the stream was cut into frames", () => {
    const packet = constantFrom(
      generate({ cmd: "connack", returnCode: 0, sessionPresent: true }),
      generate({ cmd: "puback", messageId: 513 }),
      generate({ cmd: "suback", messageId: 3, granted: [0, 1, 128] }),
      generate({ cmd: "pingresp" }),
      message("devices/ü/command", new Uint8Array(300), 1, 9),
    );
    assert(
      property(array(packet, { maxLength: 8 }), array(integer({ min: 1, max: 50 }), { minLength: 1 }), (sent, cuts) => {
        const stream = new Uint8Array(Buffer.concat(sent));
        const whole = new PacketReader().read(stream);
        expect(whole).toHaveLength(sent.length);
        const reader = new PacketReader();
        const pieces = [];
        for (let at = 0, n = 0; at < stream.length; n += 1) {
          const length = cuts[n % cuts.length] ?? 1;
          pieces.push(...reader.read(stream.subarray(at, at + length)));
          at += length;
        }
        expect(pieces).toEqual(whole);
      }),
    );
  });

  it("is every message that mqtt-packet writes", () => {
    assert(
      property(word, payload, constantFrom(0, 1), id, (topic, body, qos, messageId) => {
        const [packet] = new PacketReader().read(message(topic, body, qos, messageId));
        if (packet?.kind !== "publish") throw new Error("no message");
        expect(packet.message).toMatchObject({ topic, qos });
        expect(Buffer.from(packet.message.payload)).toEqual(Buffer.from(body));
        expect(packet.message.id).toBe(qos === 1 ? messageId : undefined);
      }),
    );
  });

  it.each([127, 128, 16_383, 16_384])("is a message whose length is %i", (length) => {
    const bytes = message("t", new Uint8Array(length - 3), 0, 1);
    expect(new PacketReader().read(bytes)).toHaveLength(1);
    expect(new PacketReader().read(bytes.subarray(0, -1))).toEqual([]);
  });

  it("tells a refusal and its code", () => {
    expect(new PacketReader().read(generate({ cmd: "connack", returnCode: 5, sessionPresent: false }))).toEqual([
      { kind: "connack", code: 5, sessionPresent: false },
    ]);
  });

  it.each([
    ["a length of five bytes", [0x30, 0xff, 0xff, 0xff, 0xff, 0x01]],
    ["a CONNACK without a code", [0x20, 0x01, 0x00]],
    ["a message of QoS 2", [0x34, 0x03, 0x00, 0x01, 0x61]],
  ])("is not %s", (_what, bytes) => {
    expect(() => new PacketReader().read(Uint8Array.from(bytes))).toThrow(Malformed);
  });
});
