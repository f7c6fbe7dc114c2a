// MQTT 3.1.1 as far as a client needs it. Runs inside k6, so it imports nothing that is not plain ECMAScript.
import { textOf, utf8Of } from "./utf8.ts";

/** Who a CONNECT says it is, and what it asks for. */
export interface Connect {
  readonly clientId: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly clean: boolean;
  readonly keepAliveS: number;
}

/** A message; `id` only where `qos` is 1. */
export interface Publish {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1;
  readonly id?: number;
  readonly duplicate?: boolean;
}

/** What a broker sends. `other` is a packet that a client of QoS 0 and 1 need not understand. */
export type Packet =
  | { readonly kind: "connack"; readonly code: number; readonly sessionPresent: boolean }
  | { readonly kind: "publish"; readonly message: Publish }
  | { readonly kind: "puback"; readonly id: number }
  | { readonly kind: "suback"; readonly id: number; readonly codes: readonly number[] }
  | { readonly kind: "other"; readonly type: number };

/** Bytes that are no MQTT. */
export class Malformed extends Error {}

/** MQTT 3.1.1 §2.2.3: four bytes of seven bits. */
const mostRemaining = 268_435_455;

export const pingRequest: Uint8Array = Uint8Array.of(0xc0, 0);
export const disconnect: Uint8Array = Uint8Array.of(0xe0, 0);

/** CONNECT of protocol level 4. */
export function connect({ clientId, username, password, clean, keepAliveS }: Connect): Uint8Array {
  const flags = (username === undefined ? 0 : 0x80) | (password === undefined ? 0 : 0x40) | (clean ? 0x02 : 0);
  return packet(0x10, [
    text("MQTT"),
    Uint8Array.of(4, flags),
    twoBytes(keepAliveS),
    text(clientId),
    ...(username === undefined ? [] : [text(username)]),
    ...(password === undefined ? [] : [text(password)]),
  ]);
}

/** PUBLISH; one of QoS 1 needs an `id` from 1 to 65,535. */
export function publish({ topic, payload, qos, id = 0, duplicate = false }: Publish): Uint8Array {
  const first = 0x30 | (duplicate ? 0x08 : 0) | (qos << 1);
  return packet(first, qos === 0 ? [text(topic), payload] : [text(topic), twoBytes(id), payload]);
}

export function puback(id: number): Uint8Array {
  return packet(0x40, [twoBytes(id)]);
}

/** SUBSCRIBE to one filter. */
export function subscribe(id: number, filter: string, qos: 0 | 1): Uint8Array {
  return packet(0x82, [twoBytes(id), text(filter), Uint8Array.of(qos)]);
}

/** Puts the packets of a byte stream together, however the WebSocket frames cut it (MQTT 3.1.1 §6.0). */
export class PacketReader {
  #rest: Uint8Array = new Uint8Array(0);

  /** The packets that are whole now. Throws {@link Malformed}. */
  read(bytes: Uint8Array): readonly Packet[] {
    const all = this.#rest.length === 0 ? bytes : joined([this.#rest, bytes]);
    const packets: Packet[] = [];
    let from = 0;
    for (let frame = frameAt(all, from); frame !== undefined; frame = frameAt(all, from)) {
      packets.push(packetOf(all[from] ?? 0, all.subarray(frame.body, frame.end)));
      from = frame.end;
    }
    this.#rest = all.slice(from);
    return packets;
  }
}

/** Where body and end of the packet at `from` lie; undefined while it is not whole. */
function frameAt(bytes: Uint8Array, from: number): { readonly body: number; readonly end: number } | undefined {
  let length = 0;
  for (let n = 0; n < 4; n += 1) {
    const at = from + 1 + n;
    const byte = bytes[at];
    if (byte === undefined) return undefined;
    length += (byte & 0x7f) * 128 ** n;
    if (byte < 0x80) return at + 1 + length <= bytes.length ? { body: at + 1, end: at + 1 + length } : undefined;
  }
  throw new Malformed("a remaining length of more than four bytes");
}

function packetOf(first: number, body: Uint8Array): Packet {
  const type = first >> 4;
  if (type === 2) return { kind: "connack", sessionPresent: byteAt(body, 0) === 1, code: byteAt(body, 1) };
  if (type === 3) return { kind: "publish", message: messageOf(first, body) };
  if (type === 4) return { kind: "puback", id: numberAt(body, 0) };
  if (type === 9) return { kind: "suback", id: numberAt(body, 0), codes: [...body.subarray(2)] };
  return { kind: "other", type };
}

function messageOf(first: number, body: Uint8Array): Publish {
  const qos = (first >> 1) & 3;
  if (qos > 1) throw new Malformed(`a PUBLISH of QoS ${qos}, which nobody subscribed to`);
  const topicEnd = 2 + numberAt(body, 0);
  const topic = textOf(body.subarray(2, topicEnd));
  const duplicate = (first & 0x08) !== 0;
  if (qos === 0) return { topic, payload: body.slice(topicEnd), qos: 0, duplicate };
  return { topic, payload: body.slice(topicEnd + 2), qos: 1, id: numberAt(body, topicEnd), duplicate };
}

function byteAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw new Malformed("a packet that ends too early");
  return byte;
}

function numberAt(bytes: Uint8Array, at: number): number {
  return byteAt(bytes, at) * 256 + byteAt(bytes, at + 1);
}

function packet(first: number, parts: readonly Uint8Array[]): Uint8Array {
  const body = joined(parts);
  return joined([Uint8Array.of(first), remainingLength(body.length), body]);
}

function remainingLength(length: number): Uint8Array {
  if (length > mostRemaining) throw new RangeError(`${length} bytes do not fit into one MQTT packet`);
  const digits: number[] = [];
  let rest = length;
  do {
    const digit = rest % 128;
    rest = Math.floor(rest / 128);
    digits.push(rest > 0 ? digit | 0x80 : digit);
  } while (rest > 0);
  return Uint8Array.from(digits);
}

function text(value: string): Uint8Array {
  const bytes = utf8Of(value);
  if (bytes.length > 65_535) throw new RangeError(`a text of ${bytes.length} bytes does not fit into an MQTT packet`);
  return joined([twoBytes(bytes.length), bytes]);
}

function twoBytes(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 0xff);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  // By index: iterators are what k6 is slowest at, and this runs for every message.
  for (let n = 0; n < parts.length; n += 1) length += parts[n]?.length ?? 0;
  const whole = new Uint8Array(length);
  for (let n = 0, at = 0; n < parts.length; n += 1) {
    const part = parts[n];
    if (part === undefined) continue;
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
