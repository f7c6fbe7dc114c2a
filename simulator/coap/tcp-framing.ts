import { decode, encode, isMessage, messageType } from "./message.ts";
import type { Option } from "./option.ts";

/** A CoAP message as reliable transports carry it (RFC 8323 §3.2): without type and message id. */
export interface Frame {
  /** See code.ts for requests and responses, {@link signalCode} for signals. */
  readonly code: number;
  readonly token: Uint8Array;
  readonly options: readonly Option[];
  readonly payload: Uint8Array;
}

/** Codes of signalling messages (RFC 8323 §5): 7.01 to 7.05. */
export const signalCode = { csm: 0xe1, ping: 0xe2, pong: 0xe3, release: 0xe4, abort: 0xe5 } as const;

/** Option numbers of signalling messages; a number means something else in each of them (RFC 8323 §5.1). */
export const signalOption = {
  csm: { maxMessageSize: 2, blockWiseTransfer: 4 },
  pingPong: { custody: 2 },
  release: { alternativeAddress: 2, holdOff: 4 },
  abort: { badCsmOption: 2 },
} as const;

/** Longest message, all bytes of it, that may be sent to who has not said otherwise in its CSM (RFC 8323 §5.3.1). */
export const baseMessageBytes = 1_152;

/** Class 7. */
export function isSignal(code: number): boolean {
  return code >> 5 === 7;
}

/** Writes a frame. Throws RangeError as {@link encode} does, and for tokens of more than 8 bytes. */
export function encodeFrame({ code, token, options, payload }: Frame): Buffer {
  if (token.length > 8) throw new RangeError(`a token of ${token.length} bytes`);
  // After its four bytes of header a datagram goes on like a frame after its code (RFC 8323 §3.2).
  const body = encode({ type: messageType.non, code, messageId: 0, token, options, payload }).subarray(4);
  return Buffer.concat([frameHead(code, token.length, body.length - token.length), body]);
}

/**
 * The bytes before the token, with whatever lengths are told, true or not.
 * @param tokenLength 0 to 15; more than 8 is reserved.
 * @param bodyBytes of options, payload marker and payload; up to 65,805 + 2³² − 1.
 */
export function frameHead(code: number, tokenLength: number, bodyBytes: number): Buffer {
  const [nibble, extension] = lengthField(bodyBytes);
  return Buffer.concat([Buffer.of((nibble << 4) | tokenLength), extension, Buffer.of(code)]);
}

/** Length nibble 13 stands for 13 + one byte, 14 for 269 + two bytes, 15 for 65,805 + four bytes (RFC 8323 §3.2). */
const extensions = [
  { nibble: 13, from: 13, bytes: 1 },
  { nibble: 14, from: 269, bytes: 2 },
  { nibble: 15, from: 65_805, bytes: 4 },
] as const;

function lengthField(bodyBytes: number): readonly [number, Buffer] {
  const found = extensions.findLast(({ from }) => bodyBytes >= from);
  if (found === undefined) return [bodyBytes, Buffer.alloc(0)];
  const extension = Buffer.alloc(found.bytes);
  extension.writeUIntBE(bodyBytes - found.from, 0, found.bytes);
  return [found.nibble, extension];
}

/** Why a stream of frames cannot be read further. */
export interface FrameFlaw {
  readonly flaw: "too-long" | "malformed";
  readonly because: string;
}

/** How a frame lies in the bytes that begin with it. */
interface Layout {
  readonly tokenLength: number;
  readonly headBytes: number;
  readonly wholeBytes: number;
}

/**
 * Takes a stream of bytes apart into frames, strictly. It keeps no more than one frame that is not whole, and refuses a
 * frame that says it is longer than the limit before its bytes are there. After a flaw it reads nothing more.
 */
export class FrameReader {
  readonly #maxMessageBytes: number;
  #chunks: Buffer[] = [];
  #held = 0;
  /** Nothing can be read before so many bytes are there. */
  #needed = 1;
  #flaw: FrameFlaw | undefined;

  /** @param maxMessageBytes longest message, all its bytes; 0 for no limit. */
  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** Bytes of a frame that is not whole yet. */
  get heldBytes(): number {
    return this.#held;
  }

  /** The frames that these bytes complete; a flaw, where there is one, comes last. */
  feed(bytes: Uint8Array): readonly (Frame | FrameFlaw)[] {
    if (this.#flaw !== undefined) return [];
    this.#chunks.push(Buffer.from(bytes));
    this.#held += bytes.length;
    const frames: (Frame | FrameFlaw)[] = [];
    while (this.#held >= this.#needed) {
      const read = this.#next();
      if (read !== undefined) frames.push(read);
      if (this.#flaw !== undefined) break;
    }
    return frames;
  }

  #next(): Frame | FrameFlaw | undefined {
    const bytes = this.#chunks.length === 1 && this.#chunks[0] ? this.#chunks[0] : Buffer.concat(this.#chunks);
    this.#chunks = [bytes];
    const layout = layoutOf(bytes);
    if (typeof layout === "number") {
      this.#needed = layout;
      return undefined;
    }
    if (layout.tokenLength > 8) return this.#end("malformed", `token length ${layout.tokenLength}`);
    if (this.#maxMessageBytes > 0 && layout.wholeBytes > this.#maxMessageBytes) {
      return this.#end("too-long", `${layout.wholeBytes} bytes`);
    }
    this.#needed = layout.wholeBytes;
    if (bytes.length < layout.wholeBytes) return undefined;
    this.#keep(bytes.subarray(layout.wholeBytes));
    const frame = frameIn(bytes.subarray(0, layout.wholeBytes), layout);
    return "flaw" in frame ? this.#end(frame.flaw, frame.because) : frame;
  }

  #keep(rest: Buffer): void {
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#held = rest.length;
    this.#needed = 1;
  }

  #end(flaw: FrameFlaw["flaw"], because: string): FrameFlaw {
    this.#flaw = { flaw, because };
    this.#keep(Buffer.alloc(0));
    return this.#flaw;
  }
}

/** Where a frame ends, or how many bytes it takes to tell. */
function layoutOf(bytes: Buffer): Layout | number {
  const first = bytes[0] ?? 0;
  const nibble = first >> 4;
  const tokenLength = first & 0x0f;
  const extension = extensions.find((each) => each.nibble === nibble);
  const headBytes = 2 + (extension?.bytes ?? 0);
  if (bytes.length < headBytes) return headBytes;
  const bodyBytes = extension === undefined ? nibble : extension.from + bytes.readUIntBE(1, extension.bytes);
  return { tokenLength, headBytes, wholeBytes: headBytes + tokenLength + bodyBytes };
}

/** Token, options and payload are views of `bytes`. */
function frameIn(bytes: Buffer, { tokenLength, headBytes }: Layout): Frame | FrameFlaw {
  const code = bytes[headBytes - 1] ?? 0;
  const rest = bytes.subarray(headBytes);
  // RFC 8323 §5.2: an Empty message says nothing, whatever is in it.
  if (code === 0) return { code, token: Buffer.alloc(0), options: [], payload: Buffer.alloc(0) };
  const asDatagram = Buffer.concat([Buffer.of(0x50 | tokenLength, code, 0, 0), rest]);
  const decoded = decode(asDatagram);
  if (!isMessage(decoded)) return { flaw: "malformed", because: decoded.malformed };
  const { token, options, payload } = decoded;
  return { code, token, options, payload };
}

/** Whether {@link FrameReader.feed} could read it. */
export function isFrame(read: Frame | FrameFlaw): read is Frame {
  return !("flaw" in read);
}
