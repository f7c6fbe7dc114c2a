import type { Identity } from "#contract/identity.ts";

/** A packet (or a few) that breaks one rule of MQTT, as hex. Packets name the client `vec` and the topic `a`. */
export interface PacketVector {
  /** MQTT protocol level: 4 is 3.1.1. */
  readonly level: 4 | 5;
  /** What must come before it: nothing, or a complete CONNECT. */
  readonly opensWith: "nothing" | "connect";
  /**
   * What to put in, so that only the one flaw is left to refuse: the client's id and credentials into a CONNECT, or a
   * topic of its own in place of `a`. `as-is` where the flaw lies in just that field.
   */
  readonly fill: "as-is" | "credentials" | "own-topic";
  /** Each packet in a segment of its own, all in one, or every byte in its own. */
  readonly write: "apart" | "at-once" | "bytewise";
  /** Whole packets in hex. */
  readonly send: readonly string[];
}

/**
 * The segments to write, in order, filled in for this client and a topic that it may publish and subscribe to.
 * A filled packet keeps its flaw and gets a Remaining Length that is right.
 */
export function segmentsOf(vector: PacketVector, who: Identity, topic: string): readonly Uint8Array[] {
  const packets = vector.send.map((hex) => filled(Buffer.from(hex, "hex"), vector, who, topic));
  if (vector.write === "apart") return packets;
  const whole = Buffer.concat(packets);
  return vector.write === "at-once" ? [whole] : Array.from(whole, (byte) => Uint8Array.of(byte));
}

function filled(packet: Buffer, { fill, level }: PacketVector, who: Identity, topic: string): Uint8Array {
  if (fill === "credentials") return withCredentials(packet, who);
  if (fill === "own-topic") return onTopic(packet, topic, level);
  return packet;
}

const templateClientId = text("vec");
const templateTopic = text("a");
/** Offsets in the body of a CONNECT, behind the protocol name `MQTT`. */
const flagsAt = 7;
const keepAliveEndsAt = 10;

function withCredentials(packet: Buffer, who: Identity): Uint8Array {
  const { first, body } = split(packet);
  const hasUsername = ((body[flagsAt] ?? 0) & 0x80) !== 0;
  const added: Buffer[] = [];
  let flags = body[flagsAt] ?? 0;
  if (who.username !== undefined && !hasUsername) {
    flags |= 0x80;
    added.push(text(who.username));
    if (who.password !== undefined) {
      flags |= 0x40;
      added.push(text(who.password));
    }
  }
  const named = replaced(body, templateClientId, text(who.clientId), keepAliveEndsAt);
  named[flagsAt] = flags;
  return joined(first, Buffer.concat([named, ...added]));
}

function onTopic(packet: Buffer, topic: string, level: 4 | 5): Uint8Array {
  const { first, body } = split(packet);
  const type = first >> 4;
  // PUBLISH begins with its topic; SUBSCRIBE (8) and UNSUBSCRIBE (10) have an identifier, and in MQTT 5 properties, first.
  const offset = type === 3 ? 0 : type === 8 || type === 10 ? (level === 5 ? 3 : 2) : undefined;
  if (offset === undefined) return packet;
  return joined(first, replaced(body, templateTopic, text(topic), offset));
}

/** A copy with the first `old` at or after `from` replaced; unchanged where there is none. */
function replaced(body: Buffer, old: Buffer, by: Buffer, from: number): Buffer {
  const at = body.indexOf(old, from);
  if (at < 0) return Buffer.from(body);
  return Buffer.concat([body.subarray(0, at), by, body.subarray(at + old.length)]);
}

/** A string with its two-byte length before it. */
function text(value: string): Buffer {
  const bytes = Buffer.from(value, "utf8");
  return Buffer.concat([Uint8Array.of(bytes.length >> 8, bytes.length & 0xff), bytes]);
}

function split(packet: Buffer): { readonly first: number; readonly body: Buffer } {
  let at = 1;
  while (((packet[at] ?? 0) & 0x80) !== 0) at += 1;
  return { first: packet[0] ?? 0, body: packet.subarray(at + 1) };
}

function joined(first: number, body: Buffer): Buffer {
  const length: number[] = [];
  let rest = body.length;
  do {
    length.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>= 7;
  } while (rest > 0);
  return Buffer.concat([Uint8Array.of(first, ...length), body]);
}
