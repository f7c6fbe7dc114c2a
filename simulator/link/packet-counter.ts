/** MQTT packet types (MQTT 3.1.1 §2.2.1) that are told apart. */
const connect = 1;
const connack = 2;
const publish = 3;
/** AUTH (MQTT 5 §3.15) may come before CONNACK. */
const auth = 15;

/** Packets seen so far; several counters may add to the same. */
export interface PacketSums {
  connects: number;
  accepted: number;
  published: number;
  delivered: number;
}

/**
 * Reads the stream of one direction a piece at a time. From the first byte that cannot belong to its protocol on it
 * reads no more, because nothing after it can be told apart.
 */
export interface StreamCounter {
  /**
   * Reads `bytes` from `from` up to, not including, `to`.
   * @param mask the four bytes that they are masked with, the first highest (RFC 6455 §5.3); none where absent.
   * @param maskAt how many bytes the same mask has covered already.
   */
  take(bytes: Uint8Array, from: number, to: number, mask?: number, maskAt?: number): void;
  /** Whether it still reads. */
  readonly reads: boolean;
}

/** Who sends the packets of a direction. */
export type Sender = "client" | "server";

type Expected = "type" | "length" | "body";

/**
 * Counts MQTT packets by their fixed headers: type and length are read, of a CONNACK its return code, and everything else
 * is stepped over. Holds a few numbers, never bytes. A packet counts when its last byte has passed.
 */
export class PacketCounter implements StreamCounter {
  readonly #sums: PacketSums;
  readonly #sender: Sender;
  #expected: Expected = "type";
  #isFirst = true;
  #reads = true;
  #type = 0;
  #length = 0;
  #lengthBytes = 0;
  /** Bytes of the body that have passed. */
  #passed = 0;
  #returnCode = -1;

  constructor(sums: PacketSums, sender: Sender) {
    this.#sums = sums;
    this.#sender = sender;
  }

  get reads(): boolean {
    return this.#reads;
  }

  take(bytes: Uint8Array, from: number, to: number, mask = 0, maskAt = 0): void {
    for (let at = from; at < to && this.#reads; ) {
      if (this.#expected === "body") {
        at = this.#step(bytes, at, to);
      } else {
        const byte = unmasked(bytes, at, mask, maskAt + at - from);
        if (this.#expected === "type") this.#takeType(byte);
        else this.#takeLength(byte);
        at += 1;
      }
    }
  }

  #takeType(byte: number): void {
    this.#type = byte >> 4;
    this.#length = 0;
    this.#lengthBytes = 0;
    this.#passed = 0;
    this.#returnCode = -1;
    this.#expected = "length";
    if (this.#type === 0 || (this.#isFirst && !this.#mayBegin(byte))) this.#reads = false;
    this.#isFirst = false;
  }

  /** A client begins with CONNECT, a server with its answer; their flags are zero. Else this is another protocol. */
  #mayBegin(byte: number): boolean {
    if (this.#sender === "client") return byte === connect << 4;
    return byte === connack << 4 || byte === auth << 4;
  }

  #takeLength(byte: number): void {
    this.#length += (byte & 0x7f) * 128 ** this.#lengthBytes;
    this.#lengthBytes += 1;
    if (byte < 0x80) this.#begin();
    // MQTT 3.1.1 §2.2.3: four bytes at most.
    else if (this.#lengthBytes === 4) this.#reads = false;
  }

  #begin(): void {
    this.#expected = "body";
    if (this.#length === 0) this.#end();
  }

  /** Passes over as much of the body as there is; returns where the rest begins. */
  #step(bytes: Uint8Array, at: number, to: number): number {
    const step = Math.min(this.#length - this.#passed, to - at);
    // The return code, or reason code of MQTT 5, is the second byte; a server masks nothing (RFC 6455 §5.1).
    const code = 1 - this.#passed;
    if (this.#type === connack && code >= 0 && code < step) this.#returnCode = bytes[at + code] ?? -1;
    this.#passed += step;
    if (this.#passed === this.#length) this.#end();
    return at + step;
  }

  #end(): void {
    this.#expected = "type";
    const sums = this.#sums;
    if (this.#type === publish && this.#sender === "client") sums.published += 1;
    else if (this.#type === publish) sums.delivered += 1;
    else if (this.#type === connect && this.#sender === "client") sums.connects += 1;
    else if (this.#type === connack && this.#sender === "server" && this.#returnCode === 0) sums.accepted += 1;
  }
}

function unmasked(bytes: Uint8Array, at: number, mask: number, maskAt: number): number {
  return (bytes[at] ?? 0) ^ ((mask >>> (24 - 8 * (maskAt & 3))) & 0xff);
}
