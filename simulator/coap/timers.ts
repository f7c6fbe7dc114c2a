import type { Clock } from "#contract/bench.ts";

/** Something that waits for a moment; `tick` and `seat` belong to {@link Timers}, and begin as {@link unset}. */
export interface Timed {
  tick: number;
  seat: number;
  onTime(): void;
}

/** Of what is not set. */
export const unset = -1;
/** Of what is due, but has not fired yet. */
const firing = -2;

const tickMs = 10;
/** The system's timers end at 2³¹ ms. */
const longestSleepMs = 1 << 30;

/**
 * Timers on the bench's clock. Setting and cancelling take constant time; while nothing is set, nothing runs.
 * One fires once for each time that it was set, never early, and about a tick (10 ms) late at most.
 */
export class Timers {
  readonly #clock: Clock;
  readonly #due = new Map<number, Timed[]>();
  /** Keys of `#due`, the earliest last. */
  readonly #ticks: number[] = [];
  #sleep: AbortController | undefined;
  #sleepsTo = Number.POSITIVE_INFINITY;
  #isClosed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Sets it to fire after `afterMs`, in place of an earlier time. */
  set(timed: Timed, afterMs: number): void {
    this.setAt(timed, this.#clock.nowMs() + Math.max(0, afterMs));
  }

  /** The same, with the time on the bench's clock; saves who knows it a look at the clock. */
  setAt(timed: Timed, atMs: number): void {
    this.cancel(timed);
    if (this.#isClosed || atMs === Number.POSITIVE_INFINITY) return;
    const tick = Math.ceil(atMs / tickMs);
    timed.tick = tick;
    const known = this.#due.get(tick);
    timed.seat = known?.length ?? 0;
    if (known === undefined) this.#open(tick, timed);
    else known.push(timed);
  }

  cancel(timed: Timed): void {
    if (timed.tick < 0) {
      timed.tick = unset;
      return;
    }
    const others = this.#due.get(timed.tick);
    const last = others?.pop();
    // The last one takes its seat.
    if (others !== undefined && last !== undefined && last !== timed) {
      others[timed.seat] = last;
      last.seat = timed.seat;
    }
    timed.tick = unset;
  }

  close(): void {
    this.#isClosed = true;
    this.#due.clear();
    this.#ticks.length = 0;
    this.#sleep?.abort();
  }

  #open(tick: number, first: Timed): void {
    this.#due.set(tick, [first]);
    let at = this.#ticks.length;
    while (at > 0 && (this.#ticks[at - 1] ?? 0) < tick) at--;
    this.#ticks.splice(at, 0, tick);
    if (this.#sleep === undefined) void this.#run();
    else if (tick < this.#sleepsTo) this.#sleep.abort();
  }

  async #run(): Promise<void> {
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      const sleep = new AbortController();
      this.#sleep = sleep;
      this.#sleepsTo = next;
      const waitMs = next * tickMs - this.#clock.nowMs();
      if (waitMs > 0) await this.#clock.sleep(Math.min(waitMs, longestSleepMs), sleep.signal);
      this.#fire();
    }
    this.#sleep = undefined;
    this.#sleepsTo = Number.POSITIVE_INFINITY;
  }

  #next(): number | undefined {
    for (let tick = this.#ticks.at(-1); tick !== undefined; tick = this.#ticks.at(-1)) {
      if ((this.#due.get(tick)?.length ?? 0) > 0) return tick;
      this.#due.delete(tick);
      this.#ticks.pop();
    }
    return undefined;
  }

  /** What is set meanwhile for now is due at the next tick, so this ends. */
  #fire(): void {
    const now = this.#clock.nowMs();
    const due: Timed[] = [];
    for (let tick = this.#ticks.at(-1); tick !== undefined && tick * tickMs <= now; tick = this.#ticks.at(-1)) {
      for (const timed of this.#due.get(tick) ?? []) {
        timed.tick = firing;
        due.push(timed);
      }
      this.#due.delete(tick);
      this.#ticks.pop();
    }
    for (const timed of due) {
      // Cancelled or set anew by one that fired before it.
      if (timed.tick !== firing) continue;
      timed.tick = unset;
      timed.onTime();
    }
  }
}
