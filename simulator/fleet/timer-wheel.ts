/** Whoever has timers; told the name of the one that is due. */
export interface Sleeper {
  onTimer(name: string, nowMs: number): void;
}

const unset = -1;
/** Taken out of its slot because it is due, but not fired yet. */
const firing = -2;

/** A timer that can be set again and again. Its fields belong to the wheel. */
export class WheelTimer {
  readonly owner: Sleeper | undefined;
  readonly name: string;
  tick = unset;
  previous: WheelTimer = this;
  next: WheelTimer = this;

  constructor(owner: Sleeper | undefined, name: string) {
    this.owner = owner;
    this.name = name;
  }

  get isSet(): boolean {
    return this.tick !== unset;
  }
}

/**
 * All timers of a fleet: setting and cancelling take constant time, and nothing runs between two calls of `advance`.
 * It knows no clock. A timer fires once for each time that it was set, never early, and late by at most one tick
 * and the time between two calls of `advance`.
 */
export class TimerWheel {
  /** The time of the last `advance`, milliseconds. */
  nowMs: number;
  readonly #tickMs: number;
  /** Heads of circular lists; a timer further away than one turn waits in its slot until its turn comes. */
  readonly #slots: readonly WheelTimer[];
  #tick: number;

  constructor(nowMs: number, { tickMs = 10, slots = 2_048 } = {}) {
    this.nowMs = nowMs;
    this.#tickMs = tickMs;
    this.#slots = Array.from({ length: slots }, () => new WheelTimer(undefined, "head"));
    this.#tick = Math.floor(nowMs / tickMs);
  }

  /** Sets the timer to fire after `afterMs` from {@link nowMs}, in place of an earlier time; Infinity only cancels. */
  set(timer: WheelTimer, afterMs: number): void {
    this.cancel(timer);
    if (afterMs === Number.POSITIVE_INFINITY) return;
    const due = Math.ceil((this.nowMs + Math.max(0, afterMs)) / this.#tickMs);
    // The slot of the current tick was emptied already: what is due now is due at the next.
    timer.tick = Math.max(due, this.#tick + 1);
    const head = this.#head(timer.tick);
    if (head === undefined) return;
    timer.previous = head.previous;
    timer.next = head;
    head.previous.next = timer;
    head.previous = timer;
  }

  cancel(timer: WheelTimer): void {
    unlink(timer);
    timer.tick = unset;
  }

  /** Fires what is due at `nowMs`. What is set meanwhile fires at a later call, so this ends. */
  advance(nowMs: number): void {
    const tick = Math.floor(nowMs / this.#tickMs);
    const due = this.#due(tick);
    this.nowMs = Math.max(this.nowMs, nowMs);
    this.#tick = Math.max(this.#tick, tick);
    for (const timer of due) {
      if (timer.tick !== firing) continue;
      timer.tick = unset;
      timer.owner?.onTimer(timer.name, nowMs);
    }
  }

  /** Takes out what is due up to `tick`, in order of time; after a long pause one turn sees every slot. */
  #due(tick: number): readonly WheelTimer[] {
    const due: WheelTimer[] = [];
    const turns = tick - this.#tick > this.#slots.length;
    const from = turns ? tick - this.#slots.length : this.#tick;
    for (let at = from + 1; at <= tick; at++) {
      const head = this.#head(at);
      for (let timer = head?.next; timer !== undefined && timer !== head; ) {
        const { next } = timer;
        if (timer.tick <= tick) due.push(timer);
        timer = next;
      }
    }
    if (turns) due.sort((one, other) => one.tick - other.tick);
    for (const timer of due) {
      unlink(timer);
      timer.tick = firing;
    }
    return due;
  }

  #head(tick: number): WheelTimer | undefined {
    return this.#slots[tick % this.#slots.length];
  }
}

function unlink(timer: WheelTimer): void {
  timer.previous.next = timer.next;
  timer.next.previous = timer.previous;
  timer.previous = timer;
  timer.next = timer;
}
