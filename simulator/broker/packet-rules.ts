import { malformed } from "./malformed.ts";
import type { PacketFields } from "./packet-fields.ts";

/** Types of MQTT control packets that a client may send. */
export const packetType = {
  connect: 1,
  publish: 3,
  puback: 4,
  pubrec: 5,
  pubrel: 6,
  pubcomp: 7,
  subscribe: 8,
  unsubscribe: 10,
  pingreq: 12,
  disconnect: 14,
} as const;

type PacketType = (typeof packetType)[keyof typeof packetType];

/** Checks the body of a packet; `flags` are the low four bits of its first byte. Throws {@link Malformed}. */
type BodyRule = (fields: PacketFields, flags: number) => void;

const bodyRules: { readonly [type in PacketType]: BodyRule } = {
  [packetType.connect]: checkConnect,
  [packetType.publish]: checkPublish,
  [packetType.puback]: checkAcknowledgement,
  [packetType.pubrec]: checkAcknowledgement,
  [packetType.pubrel]: checkAcknowledgement,
  [packetType.pubcomp]: checkAcknowledgement,
  [packetType.subscribe]: checkSubscribe,
  [packetType.unsubscribe]: checkUnsubscribe,
  [packetType.pingreq]: (fields) => fields.end(),
  [packetType.disconnect]: (fields) => fields.end(),
};

/** Checks the first byte of a packet, which says its type and flags. Throws {@link Malformed}. */
export function checkFirstByte(first: number): void {
  const type = first >> 4;
  const flags = first & 0x0f;
  if (!isFromClient(type)) malformed("not-a-client-packet", "MQTT-2.2.1");
  if (type === packetType.publish) {
    if (qosOf(flags) === 3) malformed("publish-qos-3", "MQTT-3.3.1-4");
    if (qosOf(flags) === 0 && (flags & 0b1000) !== 0) malformed("dup-with-qos-0", "MQTT-3.3.1-2");
    return;
  }
  const two = type === packetType.pubrel || type === packetType.subscribe || type === packetType.unsubscribe;
  if (flags !== (two ? 0b0010 : 0)) malformed("reserved-flags", "MQTT-2.2.2-2");
}

/** Checks a whole packet whose first byte was checked before. Throws {@link Malformed}. */
export function checkBody(first: number, fields: PacketFields): void {
  const type = first >> 4;
  if (isFromClient(type)) bodyRules[type](fields, first & 0x0f);
}

function isFromClient(type: number): type is PacketType {
  return type in bodyRules;
}

function qosOf(publishFlags: number): number {
  return (publishFlags >> 1) & 0b11;
}

function checkConnect(fields: PacketFields): void {
  const name = fields.binary().toString("latin1");
  const level = fields.byte();
  if (name !== "MQTT" && name !== "MQIsdp") malformed("protocol-name", "MQTT-3.1.2-1");
  // MQTT-3.1.2-2 asks for CONNACK 1; what follows in a CONNECT of another level is not ours to read.
  if (name !== "MQTT" || level !== 4) malformed("protocol-level", "MQTT-3.1.2-2", { connack: 1 });
  const flags = fields.byte();
  checkConnectFlags(flags);
  fields.uint16();
  const clientId = fields.text();
  if ((flags & connectFlag.will) !== 0) {
    fields.topicName();
    fields.binary();
  }
  if ((flags & connectFlag.username) !== 0) fields.text();
  if ((flags & connectFlag.password) !== 0) fields.binary();
  fields.end();
  if (clientId.length === 0 && (flags & connectFlag.clean) === 0) {
    malformed("empty-client-id-without-clean-session", "MQTT-3.1.3-8", { connack: 2 });
  }
}

const connectFlag = {
  reserved: 0x01,
  clean: 0x02,
  will: 0x04,
  willQos: 0x18,
  willRetain: 0x20,
  password: 0x40,
  username: 0x80,
} as const;

function checkConnectFlags(flags: number): void {
  const has = (mask: number) => (flags & mask) !== 0;
  if (has(connectFlag.reserved)) malformed("reserved-connect-flag", "MQTT-3.1.2-3");
  if ((flags & connectFlag.willQos) === connectFlag.willQos) malformed("will-qos-3", "MQTT-3.1.2-14");
  if (!has(connectFlag.will) && has(connectFlag.willQos | connectFlag.willRetain)) {
    malformed("will-flags-without-will", "MQTT-3.1.2-13");
  }
  if (has(connectFlag.password) && !has(connectFlag.username)) malformed("password-without-username", "MQTT-3.1.2-22");
}

function checkPublish(fields: PacketFields, flags: number): void {
  fields.topicName();
  if (qosOf(flags) > 0) fields.packetId();
}

function checkAcknowledgement(fields: PacketFields): void {
  fields.packetId();
  fields.end();
}

function checkSubscribe(fields: PacketFields): void {
  fields.packetId();
  if (fields.left === 0) malformed("subscribe-without-filter", "MQTT-3.8.3-3");
  while (fields.left > 0) {
    fields.topicFilter();
    if (fields.byte() > 2) malformed("subscribe-options", "MQTT-3.8.3-4");
  }
}

function checkUnsubscribe(fields: PacketFields): void {
  fields.packetId();
  if (fields.left === 0) malformed("unsubscribe-without-filter", "MQTT-3.10.3-2");
  while (fields.left > 0) fields.topicFilter();
}
