import type { Sender, StreamCounter } from "./packet-counter.ts";

/** A head of an HTTP message longer than this is none of a WebSocket. */
const mostHeadBytes = 16 * 1024;

const beginnings: { readonly [sender in Sender]: string } = { client: "GET ", server: "HTTP/1.1 101" };

/** What a frame carries (RFC 6455 §5.2). */
const continuation = 0;
const binary = 2;
const firstControl = 8;

type Expected = "beginning" | "head" | "frame" | "length" | "extendedLength" | "mask" | "payload";

/**
 * Reads one direction of a WebSocket: steps over the HTTP head, then hands the payload of data frames to `inside`, which
 * reads them as one stream (MQTT 3.1.1 §6: packets need not be aligned with frames). Control frames may come in between.
 * Compressed payload cannot be read, and ends the reading.
 */
export class WebSocketCounter implements StreamCounter {
  readonly #inside: StreamCounter;
  readonly #beginning: string;
  #reads = true;
  #expected: Expected = "beginning";
  #headBytes = 0;
  /** How many of CR LF CR LF have come in a row. */
  #lineEnds = 0;
  #isControl = false;
  #isMasked = false;
  /** Bytes of the extended length or of the mask that are still to come. */
  #missing = 0;
  #mask = 0;
  #length = 0;
  #passed = 0;

  constructor(inside: StreamCounter, sender: Sender) {
    this.#inside = inside;
    this.#beginning = beginnings[sender];
  }

  get reads(): boolean {
    return this.#reads && this.#inside.reads;
  }

  take(bytes: Uint8Array, from: number, to: number): void {
    for (let at = from; at < to && this.reads; ) {
      const expected = this.#expected;
      if (expected === "payload") {
        at = this.#step(bytes, at, to);
      } else {
        this.#takeByte(expected, bytes[at] ?? 0);
        at += 1;
      }
    }
  }

  #takeByte(expected: Exclude<Expected, "payload">, byte: number): void {
    switch (expected) {
      case "beginning":
        return this.#takeBeginning(byte);
      case "head":
        return this.#takeHead(byte);
      case "frame":
        return this.#takeFrame(byte);
      case "length":
        return this.#takeLength(byte);
      case "extendedLength":
        this.#length = this.#length * 256 + byte;
        this.#missing -= 1;
        if (this.#missing === 0) this.#expectMask();
        return;
      case "mask":
        this.#mask = (this.#mask << 8) | byte;
        this.#missing -= 1;
        if (this.#missing === 0) this.#expectPayload();
    }
  }

  #takeBeginning(byte: number): void {
    if (byte !== this.#beginning.charCodeAt(this.#headBytes)) this.#reads = false;
    this.#headBytes += 1;
    if (this.#headBytes === this.#beginning.length) this.#expected = "head";
  }

  #takeHead(byte: number): void {
    this.#headBytes += 1;
    const wanted = this.#lineEnds % 2 === 0 ? 0x0d : 0x0a;
    if (byte === wanted) this.#lineEnds += 1;
    else this.#lineEnds = byte === 0x0d ? 1 : 0;
    if (this.#lineEnds === 4) this.#expected = "frame";
    else if (this.#headBytes > mostHeadBytes) this.#reads = false;
  }

  #takeFrame(byte: number): void {
    const kind = byte & 0x0f;
    this.#isControl = kind >= firstControl;
    // MQTT is never text (MQTT-6.0.0-1), and the reserved bits belong to extensions such as compression.
    const isKnown = this.#isControl || kind === binary || kind === continuation;
    if (!isKnown || (byte & 0x70) !== 0) this.#reads = false;
    this.#expected = "length";
  }

  #takeLength(byte: number): void {
    this.#isMasked = byte >= 0x80;
    const length = byte & 0x7f;
    this.#length = length < 126 ? length : 0;
    this.#missing = length < 126 ? 0 : length === 126 ? 2 : 8;
    if (this.#isControl && this.#missing > 0) this.#reads = false;
    if (this.#missing > 0) this.#expected = "extendedLength";
    else this.#expectMask();
  }

  #expectMask(): void {
    if (!this.#isMasked) return this.#expectPayload();
    this.#missing = 4;
    this.#expected = "mask";
  }

  #expectPayload(): void {
    this.#passed = 0;
    this.#expected = this.#length === 0 ? "frame" : "payload";
  }

  /** Passes over as much of the payload as there is; returns where the rest begins. */
  #step(bytes: Uint8Array, at: number, to: number): number {
    const step = Math.min(this.#length - this.#passed, to - at);
    if (!this.#isControl) this.#inside.take(bytes, at, at + step, this.#mask, this.#passed);
    this.#passed += step;
    if (this.#passed === this.#length) this.#expected = "frame";
    return at + step;
  }
}
