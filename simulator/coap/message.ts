import type { Option } from "./option.ts";

/** Message types in their order on the wire. */
export const messageType = { con: 0, non: 1, ack: 2, rst: 3 } as const;
export type MessageType = (typeof messageType)[keyof typeof messageType];

/** A CoAP message (RFC 7252 §3). */
export interface Message {
  readonly type: MessageType;
  /** See code.ts. */
  readonly code: number;
  /** 16 bits. */
  readonly messageId: number;
  /** 0 to 8 bytes; more only with the extended lengths of RFC 8974. */
  readonly token: Uint8Array;
  /** By number, not descending; those of one number in their order. */
  readonly options: readonly Option[];
  readonly payload: Uint8Array;
}

/** Why a datagram is no message, and as much of its header as could be read, which decides how it is rejected. */
export interface Malformed {
  readonly malformed: string;
  /** Absent where the datagram is shorter than a header. */
  readonly header?: {
    readonly version: number;
    readonly type: MessageType;
    readonly code: number;
    readonly messageId: number;
  };
}

export interface DecodeOptions {
  /** Read the extended token lengths of RFC 8974 instead of rejecting them. */
  readonly extendedTokens?: boolean;
}

const none: Buffer = Buffer.alloc(0);
const version = 1;

/**
 * Reads a datagram strictly: version, token length, reserved nibbles, lengths, option numbers and the payload marker
 * must be as RFC 7252 §3 demands, and an Empty message must be empty (§4.1). What options mean is not looked at.
 * Token, option values and payload are views of `bytes`.
 */
export function decode(bytes: Buffer, { extendedTokens = false }: DecodeOptions = {}): Message | Malformed {
  if (bytes.length < 4) return { malformed: `a datagram of ${bytes.length} bytes holds no header` };
  const first = bytes[0] ?? 0;
  const type = messageTypeOf(first);
  const codeByte = bytes[1] ?? 0;
  const messageId = ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0);
  const reject = (malformed: string): Malformed => ({
    malformed,
    header: { version: first >> 6, type, code: codeByte, messageId },
  });
  if (first >> 6 !== version) return reject(`version ${first >> 6}`);
  let at = 4;
  let tokenLength = first & 0x0f;
  if (tokenLength > 8) {
    if (!extendedTokens || tokenLength === 15 || tokenLength < 13) return reject(`token length ${tokenLength}`);
    const more = tokenLength === 13 ? 1 : 2;
    if (at + more > bytes.length) return reject("the datagram ends in the token length");
    tokenLength = extended(bytes, at, tokenLength);
    at += more;
  }
  if (codeByte === 0 && (bytes.length > 4 || tokenLength > 0)) return reject("an Empty message with something in it");
  if (at + tokenLength > bytes.length) return reject("the datagram ends in the token");
  const token = tokenLength === 0 ? none : bytes.subarray(at, at + tokenLength);
  at += tokenLength;
  const options: Option[] = [];
  let number = 0;
  while (at < bytes.length) {
    const head = bytes[at++] ?? 0;
    if (head === 0xff) {
      if (at === bytes.length) return reject("a payload marker without a payload");
      return { type, code: codeByte, messageId, token, options, payload: bytes.subarray(at) };
    }
    let delta = head >> 4;
    let length = head & 0x0f;
    if (delta === 15) return reject("option delta 15");
    if (length === 15) return reject("option length 15");
    if (delta > 12) {
      const more = delta - 12;
      if (at + more > bytes.length) return reject("the datagram ends in an option delta");
      delta = extended(bytes, at, delta);
      at += more;
    }
    if (length > 12) {
      const more = length - 12;
      if (at + more > bytes.length) return reject("the datagram ends in an option length");
      length = extended(bytes, at, length);
      at += more;
    }
    number += delta;
    if (number > 0xffff) return reject(`option number ${number}`);
    if (at + length > bytes.length) return reject(`option ${number} is longer than the datagram`);
    options.push({ number, value: length === 0 ? none : bytes.subarray(at, at + length) });
    at += length;
  }
  return { type, code: codeByte, messageId, token, options, payload: none };
}

/** Whether {@link decode} could read it. */
export function isMessage(decoded: Message | Malformed): decoded is Message {
  return !("malformed" in decoded);
}

/**
 * Writes a message; options need not be sorted. Throws RangeError for what cannot be written: a code or id out of
 * range, an option number over 65,535, an option longer than 65,804 bytes, a token of more than 65,804 bytes.
 * Tokens of more than 8 bytes get the extended length of RFC 8974; attacks send these.
 */
export function encode({ type, code: codeByte, messageId, token, options, payload }: Message): Buffer {
  if (codeByte < 0 || codeByte > 0xff) throw new RangeError(`code ${codeByte}`);
  if (messageId < 0 || messageId > 0xffff) throw new RangeError(`message id ${messageId}`);
  const sorted = isSorted(options) ? options : options.toSorted((one, other) => one.number - other.number);
  let size = 4 + extensionBytes(token.length, 8) + token.length + (payload.length > 0 ? 1 + payload.length : 0);
  let before = 0;
  for (const { number, value } of sorted) {
    if (number < 0 || number > 0xffff) throw new RangeError(`option number ${number}`);
    size += 1 + extensionBytes(number - before, 12) + extensionBytes(value.length, 12) + value.length;
    before = number;
  }
  const bytes = Buffer.allocUnsafe(size);
  bytes[0] = (version << 6) | (type << 4) | nibble(token.length, 8);
  bytes[1] = codeByte;
  bytes[2] = messageId >> 8;
  bytes[3] = messageId & 0xff;
  let at = writeExtension(bytes, 4, token.length, 8);
  bytes.set(token, at);
  at += token.length;
  before = 0;
  for (const { number, value } of sorted) {
    const delta = number - before;
    before = number;
    bytes[at++] = (nibble(delta, 12) << 4) | nibble(value.length, 12);
    at = writeExtension(bytes, at, delta, 12);
    at = writeExtension(bytes, at, value.length, 12);
    bytes.set(value, at);
    at += value.length;
  }
  if (payload.length > 0) {
    bytes[at++] = 0xff;
    bytes.set(payload, at);
  }
  return bytes;
}

function messageTypeOf(first: number): MessageType {
  const type = (first >> 4) & 3;
  return type === 0 ? 0 : type === 1 ? 1 : type === 2 ? 2 : 3;
}

function isSorted(options: readonly Option[]): boolean {
  for (let at = 1; at < options.length; at++) {
    if ((options[at]?.number ?? 0) < (options[at - 1]?.number ?? 0)) return false;
  }
  return true;
}

/** Nibble 13 stands for 13 + one byte, 14 for 269 + two bytes (RFC 7252 §3.1). */
function extended(bytes: Buffer, at: number, short: number): number {
  return short === 13 ? 13 + (bytes[at] ?? 0) : 269 + (((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0));
}

/** @param short the greatest value that fits the nibble itself. */
function nibble(value: number, short: number): number {
  if (value <= short) return value;
  return value < 269 ? 13 : 14;
}

function extensionBytes(value: number, short: number): number {
  if (value > 269 + 0xffff) throw new RangeError(`${value} is too long for CoAP`);
  if (value <= short) return 0;
  // Tokens of 9 to 12 bytes have no encoding: 13 is the first that RFC 8974 gives.
  if (value < 13) throw new RangeError(`a token of ${value} bytes cannot be written`);
  return value < 269 ? 1 : 2;
}

function writeExtension(bytes: Buffer, at: number, value: number, short: number): number {
  if (value <= short) return at;
  if (value < 269) {
    bytes[at] = value - 13;
    return at + 1;
  }
  bytes[at] = (value - 269) >> 8;
  bytes[at + 1] = (value - 269) & 0xff;
  return at + 2;
}
