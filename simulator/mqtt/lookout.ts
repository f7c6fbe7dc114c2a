import type { Clock } from "#contract/bench.ts";

/** Waits for what is yet to arrive. */
export class Lookout {
  readonly #clock: Clock;
  readonly #looking = new Set<() => void>();
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What `find` finds, looked for now and whenever something changed; undefined when not in time or after the close. */
  async until<T>(find: () => T | undefined, withinMs: number): Promise<T | undefined> {
    const now = find();
    if (now !== undefined || this.#closed) return now;
    const { promise, resolve } = Promise.withResolvers<T | undefined>();
    const over = new AbortController();
    const look = () => {
      const found = find();
      if (found !== undefined || this.#closed) resolve(found);
    };
    this.#looking.add(look);
    try {
      return await Promise.race([promise, this.#clock.sleep(withinMs, over.signal).then(() => undefined)]);
    } finally {
      this.#looking.delete(look);
      over.abort();
    }
  }

  /** Something changed. */
  look(): void {
    for (const look of this.#looking) look();
  }

  /** Nothing more will come. */
  close(): void {
    this.#closed = true;
    this.look();
  }
}
