import { array, assert, integer, property, uint8Array } from "fast-check";
import { generate, type Packet } from "mqtt-packet";
import { expect, it } from "vitest";
import { packetReader } from "./packet-reader.ts";

const packets: readonly Packet[] = [
  { cmd: "connack", returnCode: 0, sessionPresent: false },
  { cmd: "publish", topic: "a/b", payload: "x".repeat(300), qos: 1, messageId: 7, dup: false, retain: true },
  { cmd: "pingresp" },
];
const stream = Buffer.concat(packets.map((packet) => generate(packet)));

it("reads the same packets however the bytes are cut", () => {
  assert(
    property(array(integer({ min: 1, max: stream.length - 1 }), { maxLength: 20 }), (cuts) => {
      const reader = packetReader(4);
      const edges = [0, ...cuts.toSorted((one, other) => one - other), stream.length];
      const read = edges.flatMap((edge, n) => reader.read(stream.subarray(edges[n - 1] ?? 0, edge)));
      expect(read).toMatchObject([
        { cmd: "connack" },
        { cmd: "publish", topic: "a/b", messageId: 7 },
        { cmd: "pingresp" },
      ]);
    }),
  );
});

it("never throws, whatever a hostile peer sends", () => {
  assert(
    property(array(uint8Array({ maxLength: 64 }), { maxLength: 8 }), integer({ min: 3, max: 5 }), (chunks, level) => {
      const reader = packetReader(level === 5 ? 5 : level === 4 ? 4 : 3);
      for (const chunk of chunks) expect(Array.isArray(reader.read(chunk))).toBe(true);
    }),
    { numRuns: 500 },
  );
});

it("reads nothing after something that is no packet, and says what was wrong", () => {
  const reader = packetReader(4);
  reader.read(Uint8Array.of(0x00, 0x00));
  expect(reader.broken).toBeInstanceOf(Error);
  expect(reader.read(stream)).toEqual([]);
});

it("keeps what came before the broken packet", () => {
  expect(packetReader(4).read(Buffer.concat([stream, Uint8Array.of(0xff, 0x00)]))).toHaveLength(3);
});
