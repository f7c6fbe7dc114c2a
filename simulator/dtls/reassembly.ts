import type { HandshakeFragment, HandshakeMessage } from "./handshake-message.ts";

/** Longest message that is put together; plain PSK has none that comes near. */
const maxMessageBytes = 4_096;
/** Messages that are kept ahead of the one that is next. */
const maxAhead = 6;

interface Pieces {
  readonly type: number;
  readonly body: Buffer;
  /** 1 where a byte has come; absent where the body came in one piece. */
  readonly have?: Uint8Array;
  missing: number;
}

/**
 * Puts messages together from fragments that come in any order, twice, or overlapping (RFC 6347 §4.2.3), and hands them
 * out in their order. What it may hold is bounded, whatever comes.
 */
export class Reassembly {
  /** `message_seq` of the message that is to come next. */
  next: number;
  readonly #pieces = new Map<number, Pieces>();

  constructor(next: number) {
    this.next = next;
  }

  /** False where the fragment is of a message that was handed out already, which means that the peer sends it again. */
  take(fragment: HandshakeFragment): boolean {
    const { type, sequence, length, offset, bytes } = fragment;
    if (sequence < this.next) return false;
    if (sequence >= this.next + maxAhead || length > maxMessageBytes) return true;
    const begun = this.#pieces.get(sequence);
    if (begun === undefined && bytes.length === length) {
      this.#pieces.set(sequence, { type, body: bytes, missing: 0 });
      return true;
    }
    const pieces = begun ?? { type, body: Buffer.alloc(length), have: new Uint8Array(length), missing: length };
    // One that contradicts what came before is dropped; who was right shows in Finished.
    if (pieces.type !== type || pieces.body.length !== length || pieces.have === undefined) return true;
    this.#pieces.set(sequence, pieces);
    for (const [at, byte] of bytes.entries()) {
      if (pieces.have[offset + at] === 1) continue;
      pieces.have[offset + at] = 1;
      pieces.body[offset + at] = byte;
      pieces.missing--;
    }
    return true;
  }

  /** The next message, once it is whole. */
  shift(): HandshakeMessage | undefined {
    const sequence = this.next;
    const pieces = this.#pieces.get(sequence);
    if (pieces === undefined || pieces.missing > 0) return undefined;
    this.#pieces.delete(sequence);
    this.next++;
    return { type: pieces.type, sequence, body: pieces.body };
  }
}
