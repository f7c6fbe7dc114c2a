const publish = 3;

/** Counts the PUBLISH packets in MQTT bytes of one direction, however these are cut; it reads fixed headers and skips the rest. */
export class PublishCounter {
  #isPublish = false;
  /** What is read next: the first byte of a packet, its length, or nothing that matters. */
  #reads: "type" | "length" | "body" = "type";
  /** Remaining Length as far as it was read, then how much of it is still to come. */
  #left = 0;
  #unit = 1;

  /** How many PUBLISH packets were completed by these bytes. */
  feed(bytes: Uint8Array): number {
    let count = 0;
    for (let at = 0; at < bytes.length; ) {
      if (this.#reads === "body") {
        const skipped = Math.min(this.#left, bytes.length - at);
        at += skipped;
        this.#left -= skipped;
      } else this.#readHeader(bytes[at++] ?? 0);
      if (this.#reads !== "body" || this.#left > 0) continue;
      this.#reads = "type";
      if (this.#isPublish) count += 1;
    }
    return count;
  }

  #readHeader(byte: number): void {
    if (this.#reads === "type") {
      this.#isPublish = byte >> 4 === publish;
      this.#reads = "length";
      this.#left = 0;
      this.#unit = 1;
      return;
    }
    this.#left += (byte & 0x7f) * this.#unit;
    this.#unit *= 128;
    if (byte < 0x80) this.#reads = "body";
  }
}
