const windowMs = 1_000;

/** What becomes of a request: carried out, refused with a word, or, after that word, dropped. */
export type Admission = "served" | "told" | "dropped";

/** Counts the requests of every source, second by second (RFC 7252 §11.3, RFC 8516). */
export class RequestRate {
  readonly #most: number;
  readonly #counts = new Map<string, number>();
  #sinceMs = 0;

  /** @param most requests of one source in a second; 0 for no limit. */
  constructor(most: number) {
    this.#most = most;
  }

  admit(source: string, nowMs: number): Admission {
    if (this.#most === 0) return "served";
    if (nowMs - this.#sinceMs >= windowMs) {
      this.#counts.clear();
      this.#sinceMs = nowMs;
    }
    const count = (this.#counts.get(source) ?? 0) + 1;
    this.#counts.set(source, count);
    if (count <= this.#most) return "served";
    return count === this.#most + 1 ? "told" : "dropped";
  }
}
