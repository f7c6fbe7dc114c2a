import type { Clock } from "#contract/bench.ts";

interface Due {
  readonly atMs: number;
  readonly deliver: () => void;
}

/**
 * Keeps what is under way until it is due. Things that are due at the same time come out in the order in which they
 * went in; nothing comes out early.
 */
export class DelayLine {
  readonly #clock: Clock;
  readonly #most: number;
  /** By time; those of one time in their order. */
  readonly #under: Due[] = [];
  #wake = new AbortController();
  #isRunning = false;
  #isOver = false;

  /** @param most things that may be under way at once. */
  constructor(clock: Clock, most: number) {
    this.#clock = clock;
    this.#most = most;
  }

  /** False where so much is under way that nothing more fits, or the line was stopped; `deliver` is then never called. */
  put(afterMs: number, deliver: () => void): boolean {
    if (this.#isOver || this.#under.length >= this.#most) return false;
    const atMs = this.#clock.nowMs() + afterMs;
    const at = this.#placeOf(atMs);
    this.#under.splice(at, 0, { atMs, deliver });
    if (at === 0) this.#wake.abort();
    if (!this.#isRunning) void this.#run();
    return true;
  }

  /** Drops what is under way. */
  stop(): void {
    this.#isOver = true;
    this.#under.length = 0;
    this.#wake.abort();
  }

  /** Behind all that is due then or earlier. */
  #placeOf(atMs: number): number {
    let low = 0;
    let high = this.#under.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#under[middle]?.atMs ?? 0) <= atMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    for (let next = this.#under[0]; next !== undefined; next = this.#under[0]) {
      const leftMs = next.atMs - this.#clock.nowMs();
      if (leftMs > 0) {
        this.#wake = new AbortController();
        await this.#clock.sleep(leftMs, this.#wake.signal);
      } else {
        this.#under.shift();
        next.deliver();
      }
    }
    this.#isRunning = false;
  }
}
