const none: Buffer = Buffer.alloc(0);

/**
 * Reads fields one after the other and never throws: what reaches past the end reads as zero or nothing, and sets
 * {@link isShort}. What it returns are views.
 */
export class ByteReader {
  readonly #bytes: Buffer;
  #at = 0;
  isShort = false;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Bytes that are left. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  uint8(): number {
    return this.#integer(1);
  }

  uint16(): number {
    return this.#integer(2);
  }

  uint24(): number {
    return this.#integer(3);
  }

  bytes(length: number): Buffer {
    if (length > this.left) {
      this.isShort = true;
      this.#at = this.#bytes.length;
      return none;
    }
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** A vector with a length of one byte. */
  vector8(): Buffer {
    return this.bytes(this.uint8());
  }

  /** A vector with a length of two bytes. */
  vector16(): Buffer {
    return this.bytes(this.uint16());
  }

  /** All that is left. */
  rest(): Buffer {
    return this.bytes(this.left);
  }

  #integer(length: number): number {
    if (length > this.left) {
      this.isShort = true;
      this.#at = this.#bytes.length;
      return 0;
    }
    this.#at += length;
    return this.#bytes.readUIntBE(this.#at - length, length);
  }
}
