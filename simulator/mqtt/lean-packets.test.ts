import { array, assert, boolean, constantFrom, integer, property, string, uint8Array } from "fast-check";
import { generate, type Packet, parser } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import {
  connectBytes,
  eachPacket,
  messageOf,
  NoPacket,
  pubackBytes,
  publishBytes,
  subscribeBytes,
} from "./lean-packets.ts";

const qos = constantFrom<(0 | 1)[]>(0, 1);
const topic = string({ minLength: 1, maxLength: 60, unit: "grapheme" }).filter((text) => !/[+#\0]/.test(text));
const payload = string({ maxLength: 400, unit: "grapheme" });
const messageId = integer({ min: 1, max: 65_535 });

describe("publishBytes", () => {
  it("writes what mqtt-packet writes", () => {
    assert(
      property(topic, payload, qos, boolean(), messageId, (name, text, level, retain, id) => {
        const theirs = generate({
          cmd: "publish",
          topic: name,
          payload: text,
          qos: level,
          retain,
          dup: false,
          ...(level === 1 && { messageId: id }),
        });
        expect(Buffer.from(publishBytes(name, text, level, retain, id))).toEqual(theirs);
      }),
    );
  });

  it.each([127, 128, 16_383, 16_384, 200_000])("writes a length of %i bytes right", (length) => {
    const text = "x".repeat(length - 3);
    const theirs = generate({ cmd: "publish", topic: "t", payload: text, qos: 0, retain: false, dup: false });
    expect(Buffer.from(publishBytes("t", text, 0, false, 0)).equals(theirs)).toBe(true);
  });
});

it("acknowledges as mqtt-packet does", () => {
  assert(
    property(messageId, (id) => {
      expect(Buffer.from(pubackBytes(id))).toEqual(generate({ cmd: "puback", messageId: id }));
    }),
  );
});

it("writes a CONNECT with will and secret that a broker reads", () => {
  const will = { topic: "devices/a/state", payload: "gone", qos: 1, retain: true } as const;
  const read = packetsIn(
    connectBytes({ clientId: "a", username: "a", password: "s", keepAliveS: 30, clean: true, will }),
  );
  expect(read).toMatchObject([
    { cmd: "connect", clientId: "a", username: "a", keepalive: 30, clean: true, protocolVersion: 4 },
  ]);
  expect(read).toMatchObject([{ will: { topic: will.topic, qos: 1, retain: true, payload: Buffer.from("gone") } }]);
});

it("writes a SUBSCRIBE to one filter", () => {
  expect(packetsIn(subscribeBytes(7, "a/b", 1))).toMatchObject([
    { cmd: "subscribe", messageId: 7, subscriptions: [{ topic: "a/b", qos: 1 }] },
  ]);
});

describe("eachPacket", () => {
  it("finds the same messages however the bytes are cut", () => {
    const message = [topic, payload, qos, messageId] as const;
    assert(
      property(...message, integer({ min: 1, max: 50 }), (name, text, level, id, size) => {
        const packets = [publishBytes(name, text, level, false, id), publishBytes("second", "2", 0, true, 0)];
        const seen: string[] = [];
        let rest = Buffer.alloc(0);
        const all = Buffer.concat(packets);
        for (let at = 0; at < all.length; at += size) {
          const bytes = Buffer.concat([rest, all.subarray(at, at + size)]);
          const taken = eachPacket(bytes, (first, body) => {
            const read = messageOf(first, body);
            seen.push(`${read.topic} ${read.payload.toString()} ${read.qos} ${read.messageId} ${read.retain}`);
            return true;
          });
          rest = bytes.subarray(taken);
        }
        expect(rest).toHaveLength(0);
        expect(seen).toEqual([`${name} ${text} ${level} ${level === 1 ? id : 0} false`, "second 2 0 0 true"]);
      }),
    );
  });

  it("answers whatever bytes with packets, a rest, or NoPacket", () => {
    assert(
      property(array(uint8Array({ maxLength: 40 })), (chunks) => {
        for (const chunk of chunks) {
          expect(readingOf(Buffer.from(chunk))).toBe("understood");
        }
      }),
    );
  });

  it("does not wait for a packet larger than a device can hold", () => {
    expect(() => eachPacket(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]), () => true)).toThrow(NoPacket);
  });

  it("refuses a length of five bytes", () => {
    expect(() => eachPacket(Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80, 0x01]), () => true)).toThrow(NoPacket);
  });

  it("stops where it is told to", () => {
    const bytes = Buffer.concat([publishBytes("a", "", 0, false, 0), publishBytes("b", "", 0, false, 0)]);
    expect(eachPacket(bytes, () => false)).toBe(5);
  });
});

describe("messageOf", () => {
  it.each([
    ["QoS 2", 0x34, [0, 1, 97, 0, 1]],
    ["a topic that is longer than the packet", 0x30, [0, 9, 97]],
    ["no packet id", 0x32, [0, 1, 97]],
    ["nothing", 0x30, []],
  ])("refuses a PUBLISH with %s", (_, first, body) => {
    expect(() => messageOf(first, Buffer.from(body))).toThrow(NoPacket);
  });
});

/** How reading these bytes as messages ended; anything but a NoPacket is thrown on. */
function readingOf(bytes: Buffer): string {
  try {
    const taken = eachPacket(bytes, (first, body) => messageOf(first, body).qos <= 1);
    return taken <= bytes.length ? "understood" : "read beyond the end";
  } catch (cause) {
    if (cause instanceof NoPacket) return "understood";
    throw cause;
  }
}

function packetsIn(bytes: Uint8Array): readonly Packet[] {
  const found: Packet[] = [];
  const reading = parser();
  reading.on("packet", (packet) => found.push(packet));
  reading.parse(Buffer.from(bytes));
  return found;
}
