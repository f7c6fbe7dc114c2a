import { generate, type IConnectPacket } from "mqtt-packet";

/** What a session is opened with. */
export interface ConnectFields {
  readonly clientId: string;
  readonly username?: string;
  readonly password?: string;
  /** 0 switches keep alive off. */
  readonly keepAliveS: number;
  /** False to take up the session that the broker keeps. */
  readonly clean: boolean;
  readonly will?: { readonly topic: string; readonly payload: string; readonly qos: 0 | 1; readonly retain: boolean };
}

/** CONNECT of MQTT 3.1.1. */
export function connectBytes({ clientId, username, password, keepAliveS, clean, will }: ConnectFields): Uint8Array {
  const packet: IConnectPacket = {
    cmd: "connect",
    protocolId: "MQTT",
    protocolVersion: 4,
    clientId,
    clean,
    keepalive: keepAliveS,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password: Buffer.from(password) }),
    ...(will && { will: { ...will, payload: Buffer.from(will.payload) } }),
  };
  return generate(packet);
}

/** SUBSCRIBE to one filter. */
export function subscribeBytes(messageId: number, topic: string, qos: 0 | 1): Uint8Array {
  return generate({ cmd: "subscribe", messageId, subscriptions: [{ topic, qos }] });
}

/** PUBLISH in one buffer, without the copies that a general writer makes; `messageId` only counts with QoS 1. */
export function publishBytes(
  topic: string,
  payload: string,
  qos: 0 | 1,
  retain: boolean,
  messageId: number,
): Uint8Array {
  const topicBytes = Buffer.byteLength(topic);
  const remaining = 2 + topicBytes + 2 * qos + Buffer.byteLength(payload);
  const lengthBytes = remaining < 128 ? 1 : remaining < 16_384 ? 2 : remaining < 2_097_152 ? 3 : 4;
  const bytes = Buffer.allocUnsafe(1 + lengthBytes + remaining);
  bytes[0] = 0x30 | (qos << 1) | (retain ? 1 : 0);
  let at = 1;
  for (let left = remaining, byte = 0; byte < lengthBytes; byte++) {
    bytes[at++] = (left % 128) | (byte < lengthBytes - 1 ? 128 : 0);
    left = Math.floor(left / 128);
  }
  at = bytes.writeUInt16BE(topicBytes, at);
  at += bytes.write(topic, at);
  if (qos === 1) at = bytes.writeUInt16BE(messageId, at);
  bytes.write(payload, at);
  return bytes;
}

/** PUBACK for a message that came with QoS 1. */
export function pubackBytes(messageId: number): Uint8Array {
  return Uint8Array.of(0x40, 2, messageId >> 8, messageId & 0xff);
}

export const pingBytes: Uint8Array = Uint8Array.of(0xc0, 0);
export const disconnectBytes: Uint8Array = Uint8Array.of(0xe0, 0);

/** The peer sent something that is no MQTT packet for a client. */
export class NoPacket extends Error {}

/** Larger packets are not read: a device has no room for them. */
const maxPacketBytes = 256 * 1024;

/** Type of the first byte's upper half. */
export const packetType = { connack: 2, publish: 3, puback: 4, suback: 9, pingresp: 13 } as const;

/**
 * Calls `each` with first byte and body of every whole packet, until it says false. Bodies are views of `bytes`.
 * @returns how many bytes were taken; the rest begins a packet that is not complete. Throws {@link NoPacket}.
 */
export function eachPacket(bytes: Buffer, each: (first: number, body: Buffer) => boolean): number {
  let at = 0;
  for (;;) {
    let remaining = 0;
    let lengthBytes = 0;
    for (let more = true; more; lengthBytes++) {
      // MQTT 3.1.1 §2.2.3: at most four bytes of length.
      if (lengthBytes === 4) throw new NoPacket("a length of more than four bytes");
      const byte = bytes[at + 1 + lengthBytes];
      if (byte === undefined) return at;
      remaining += (byte & 0x7f) * 128 ** lengthBytes;
      more = byte >= 128;
    }
    if (remaining > maxPacketBytes) throw new NoPacket(`a packet of ${remaining} bytes`);
    const bodyAt = at + 1 + lengthBytes;
    if (bodyAt + remaining > bytes.length) return at;
    const first = bytes[at] ?? 0;
    at = bodyAt + remaining;
    if (!each(first, bytes.subarray(bodyAt, at))) return at;
  }
}

/** A message that arrived. `payload` is a view that only lives during the call. */
export interface ArrivedMessage {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: 0 | 1;
  readonly messageId: number;
  readonly retain: boolean;
  readonly duplicate: boolean;
}

/** Reads a PUBLISH from its first byte and body. Throws {@link NoPacket}, also for QoS 2, which nobody subscribed to. */
export function messageOf(first: number, body: Buffer): ArrivedMessage {
  const qos = (first >> 1) & 3;
  if (qos > 1) throw new NoPacket(`a PUBLISH of QoS ${qos}`);
  const topicEnd = 2 + numberAt(body, 0);
  const payloadAt = topicEnd + 2 * qos;
  if (payloadAt > body.length) throw new NoPacket("a PUBLISH that is shorter than its topic");
  return {
    topic: body.toString("utf8", 2, topicEnd),
    payload: body.subarray(payloadAt),
    qos: qos === 1 ? 1 : 0,
    messageId: qos === 1 ? numberAt(body, topicEnd) : 0,
    retain: (first & 1) === 1,
    duplicate: (first & 8) === 8,
  };
}

/** Two bytes of a body as a number. Throws {@link NoPacket} where there are none. */
export function numberAt(body: Buffer, at: number): number {
  const [high, low] = [body[at], body[at + 1]];
  if (high === undefined || low === undefined) throw new NoPacket("a packet that is too short");
  return high * 256 + low;
}
