import type { Clock } from "#contract/bench.ts";

/** A clock that goes on only when it is told to, so that a run takes the same course however fast the machine is. */
export class SteppedClock implements Clock {
  #now = 0;
  readonly #sleepers = new Set<{ readonly atMs: number; readonly wake: () => void }>();

  nowMs(): number {
    return this.#now;
  }

  /** Goes on, and wakes whoever has slept long enough. */
  step(ms: number): void {
    this.#now += ms;
    for (const { atMs, wake } of this.#sleepers) if (atMs <= this.#now) wake();
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper = {
        atMs: this.#now + ms,
        wake: () => {
          this.#sleepers.delete(sleeper);
          signal?.removeEventListener("abort", sleeper.wake);
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      signal?.addEventListener("abort", sleeper.wake);
    });
  }
}
