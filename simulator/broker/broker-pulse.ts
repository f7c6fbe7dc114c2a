import type { Clock } from "#contract/bench.ts";

/** A timer of a broker: its time does not pass while the broker is frozen. */
export interface PulseTimer {
  /** Begins its time anew. */
  refresh(): void;
  cancel(): void;
}

/**
 * What keeps a broker going. While it is frozen its time stands still, no timer of it runs out and what it was about to
 * do waits; then all goes on in the old order, like a process whose whole machine was suspended.
 */
export class BrokerPulse {
  readonly #clock: Pick<Clock, "nowMs">;
  readonly #freezers = new Set<object>();
  #frozenAtMs = 0;
  /** Time that has passed for everybody else alone. */
  #missedMs = 0;
  #waiting: (() => void)[] = [];

  constructor(clock: Pick<Clock, "nowMs">) {
    this.#clock = clock;
  }

  get isFrozen(): boolean {
    return this.#freezers.size > 0;
  }

  /** Milliseconds of its own time. */
  nowMs(): number {
    return (this.isFrozen ? this.#frozenAtMs : this.#clock.nowMs()) - this.#missedMs;
  }

  /** Calls `act` once, when so much of its own time has passed. */
  after(ms: number, act: () => void): PulseTimer {
    let dueMs = this.nowMs() + ms;
    // Refreshed with every packet of a client, so refreshing only moves the time, and the timer looks again when it wakes.
    const look = () => {
      const leftMs = dueMs - this.nowMs();
      if (leftMs > 0) timer = setTimeout(wake, leftMs);
      else act();
    };
    const wake = () => this.act(() => timer !== undefined && look());
    let timer: NodeJS.Timeout | undefined = setTimeout(wake, ms);
    return {
      refresh: () => {
        dueMs = this.nowMs() + ms;
      },
      cancel: () => {
        clearTimeout(timer);
        timer = undefined;
      },
    };
  }

  /** Does it at once, or, where the broker is frozen, when it goes on. */
  act(what: () => void): void {
    if (this.isFrozen) this.#waiting.push(what);
    else what();
  }

  /** Freezes it until the answer is called; frozen twice it stays so until both are. */
  freeze(): () => void {
    const mine = {};
    if (!this.isFrozen) this.#frozenAtMs = this.#clock.nowMs();
    this.#freezers.add(mine);
    return () => {
      if (this.#freezers.delete(mine) && !this.isFrozen) this.#goOn();
    };
  }

  /** The broker is over: what waits will never be done. */
  end(): void {
    this.#waiting = [];
    this.#freezers.clear();
  }

  #goOn(): void {
    this.#missedMs += this.#clock.nowMs() - this.#frozenAtMs;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const what of waiting) what();
  }
}
