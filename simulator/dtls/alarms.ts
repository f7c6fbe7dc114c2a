import type { Clock } from "#contract/bench.ts";

/** Whoever waits for a time. */
export interface Waiter {
  onAlarm(nowMs: number): void;
}

/**
 * One alarm for each of many waiters on one clock. Nothing runs, and the clock has at most one sleeper, while nobody
 * waits for an earlier time than the one that is slept for: a handshake that ends in time costs two map operations.
 */
export class Alarms {
  readonly #clock: Clock;
  readonly #due = new Map<Waiter, number>();
  #asleepUntilMs = Number.POSITIVE_INFINITY;
  #wake = new AbortController();
  #isClosed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Sets the waiter's alarm, in place of an earlier one. */
  set(waiter: Waiter, afterMs: number): void {
    if (this.#isClosed) return;
    const dueMs = this.#clock.nowMs() + afterMs;
    this.#due.set(waiter, dueMs);
    if (dueMs < this.#asleepUntilMs) this.#sleepUntil(dueMs);
  }

  cancel(waiter: Waiter): void {
    this.#due.delete(waiter);
  }

  close(): void {
    this.#isClosed = true;
    this.#due.clear();
    this.#wake.abort("closed");
  }

  #sleepUntil(dueMs: number): void {
    // Without a reason, every abort would make an exception with a stack.
    this.#wake.abort("earlier");
    this.#wake = new AbortController();
    const { signal } = this.#wake;
    this.#asleepUntilMs = dueMs;
    void this.#sleep(dueMs - this.#clock.nowMs(), signal);
  }

  async #sleep(ms: number, signal: AbortSignal): Promise<void> {
    await this.#clock.sleep(Math.max(0, ms), signal);
    if (!signal.aborted) this.#ring();
  }

  #ring(): void {
    this.#asleepUntilMs = Number.POSITIVE_INFINITY;
    const nowMs = this.#clock.nowMs();
    let nextMs = Number.POSITIVE_INFINITY;
    for (const [waiter, dueMs] of this.#due) {
      if (dueMs > nowMs) {
        nextMs = Math.min(nextMs, dueMs);
      } else if (this.#due.get(waiter) === dueMs) {
        this.#due.delete(waiter);
        waiter.onAlarm(nowMs);
      }
    }
    // What a waiter has set meanwhile may be earlier than what was found here.
    if (nextMs < this.#asleepUntilMs && !this.#isClosed) this.#sleepUntil(nextMs);
  }
}
