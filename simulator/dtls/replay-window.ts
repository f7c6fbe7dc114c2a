/** Sequence numbers that are told apart behind the greatest one (RFC 6347 §4.1.2.6). */
export const windowSize = 64;

/**
 * Says whether a record came before. Whoever uses it asks {@link isFresh} first, checks the record, and calls
 * {@link mark} only when it was genuine, so that a forged number moves nothing.
 */
export class ReplayWindow {
  /** The greatest number seen; -1 before the first. */
  #greatest = -1;
  /** Bit n is set where `greatest - n` was seen; bits 32 to 63 stand in the second word. */
  #near = 0;
  #far = 0;

  isFresh(sequence: number): boolean {
    const behind = this.#greatest - sequence;
    if (behind < 0) return true;
    if (behind >= windowSize) return false;
    return behind < 32 ? (this.#near & (1 << behind)) === 0 : (this.#far & (1 << (behind - 32))) === 0;
  }

  mark(sequence: number): void {
    const ahead = sequence - this.#greatest;
    if (ahead > 0) {
      this.#shift(ahead);
      this.#greatest = sequence;
      this.#near |= 1;
    } else if (-ahead < 32) {
      this.#near |= 1 << -ahead;
    } else if (-ahead < windowSize) {
      this.#far |= 1 << (-ahead - 32);
    }
  }

  #shift(by: number): void {
    if (by >= windowSize) {
      this.#near = 0;
      this.#far = 0;
    } else if (by >= 32) {
      this.#far = this.#near << (by - 32);
      this.#near = 0;
    } else {
      this.#far = (this.#far << by) | (this.#near >>> (32 - by));
      this.#near <<= by;
    }
  }
}
