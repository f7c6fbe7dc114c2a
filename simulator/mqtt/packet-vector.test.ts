import { assert, property, string } from "fast-check";
import { type Packet, parser } from "mqtt-packet";
import { expect, it } from "vitest";
import { type PacketVector, segmentsOf } from "./packet-vector.ts";

const who = { clientId: "intruder", username: "intruder", password: "secret" };
const vector = (changes: Partial<PacketVector>): PacketVector => ({
  level: 4,
  opensWith: "nothing",
  fill: "as-is",
  write: "apart",
  send: [],
  ...changes,
});

function parsed(segments: readonly Uint8Array[], level: 4 | 5 = 4): Packet[] {
  const packets: Packet[] = [];
  const reader = parser({ protocolVersion: level });
  reader.on("packet", (packet: Packet) => packets.push(packet));
  for (const segment of segments) reader.parse(Buffer.from(segment));
  return packets;
}

it("signs a CONNECT with the client's own id and credentials", () => {
  const [connect] = parsed(
    segmentsOf(vector({ fill: "credentials", send: ["100f00044d5154540402003c0003766563"] }), who, "t"),
  );
  expect(connect).toMatchObject({ cmd: "connect", clientId: "intruder", username: "intruder" });
});

it("keeps the flaw of a CONNECT that it signs", () => {
  const [bytes] = segmentsOf(vector({ fill: "credentials", send: ["100f00044d5154540403003c0003766563"] }), who, "t");
  expect((bytes?.[9] ?? 0) & 0x01).toBe(1);
});

it("leaves a client id that is itself the flaw", () => {
  const [bytes] = segmentsOf(vector({ fill: "credentials", send: ["100f00044d5154540402003c0003610062"] }), who, "t");
  expect(Buffer.from(bytes ?? []).includes(Buffer.from("0003610062", "hex"))).toBe(true);
});

it("signs a MQTT 5 CONNECT behind its properties", () => {
  const [connect] = parsed(
    segmentsOf(
      vector({ level: 5, fill: "credentials", send: ["101200044d5154540502003c022100100003766563"] }),
      who,
      "t",
    ),
    5,
  );
  expect(connect).toMatchObject({ clientId: "intruder", username: "intruder", properties: { receiveMaximum: 16 } });
});

it.each([
  ["PUBLISH", 4, "300400016162", { cmd: "publish", topic: "devices/intruder/telemetry" }],
  ["SUBSCRIBE", 4, "8206000100016100", { subscriptions: [{ topic: "devices/intruder/telemetry" }] }],
  ["UNSUBSCRIBE", 4, "a2050001000161", { unsubscriptions: ["devices/intruder/telemetry"] }],
  ["SUBSCRIBE of MQTT 5", 5, "820700010000016100", { subscriptions: [{ topic: "devices/intruder/telemetry" }] }],
] as const)("puts the client's own topic into a %s", (_name, level, send, expected) => {
  const own = vector({ level, fill: "own-topic", send: [send] });
  expect(parsed(segmentsOf(own, who, "devices/intruder/telemetry"), level)).toMatchObject([expected]);
});

it("gives a filled packet the Remaining Length that it has, whatever the topic", () => {
  assert(
    property(string({ minLength: 1, maxLength: 300, unit: "grapheme-ascii" }), (topic) => {
      const packets = parsed(segmentsOf(vector({ fill: "own-topic", send: ["300400016162"] }), who, topic));
      expect(packets).toHaveLength(1);
    }),
  );
});

it("writes packets apart, at once, or byte by byte", () => {
  const send = ["c000", "c000"];
  const lengths = (write: PacketVector["write"]) =>
    segmentsOf(vector({ send, write }), who, "t").map(({ length }) => length);
  expect(lengths("apart")).toEqual([2, 2]);
  expect(lengths("at-once")).toEqual([4]);
  expect(lengths("bytewise")).toEqual([1, 1, 1, 1]);
});
