import type { FleetCounters } from "#contract/device.ts";

/** What the fleet is like at one moment. */
export type FleetSnapshot = Pick<FleetCounters, "size" | "expected" | "connected" | "overdue" | "overdueSafe">;

type Counted = "refused" | "lost" | "published" | "acknowledged" | "received" | "functionDue" | "functionPerformed";

/** Counts what happens between two reports of a fleet. */
export class FleetTally {
  #fromMs: number;
  #counts = noCounts();
  #attemptsByTenth = tenths();
  #connectsByTenth = tenths();
  #lookedMs: number;
  #stalledMs = 0;

  constructor(nowMs: number) {
    this.#fromMs = nowMs;
    this.#lookedMs = nowMs;
  }

  /** Called at every turn of the fleet, before what is due in it: a long time since the last turn is a stall of ours. */
  turned(nowMs: number): void {
    this.#stalledMs = Math.max(this.#stalledMs, nowMs - this.#lookedMs);
    this.#lookedMs = nowMs;
  }

  /** Time since the last report. */
  ageMs(nowMs: number): number {
    return nowMs - this.#fromMs;
  }

  count(what: Counted): void {
    this.#counts[what]++;
  }

  attempted(nowMs: number): void {
    this.#attemptsByTenth[this.#tenth(nowMs)]++;
  }

  connected(nowMs: number): void {
    this.#connectsByTenth[this.#tenth(nowMs)]++;
  }

  /** The counters of the interval that ends now; the next one begins. */
  report(nowMs: number, snapshot: FleetSnapshot): FleetCounters {
    const counters: FleetCounters = {
      ...snapshot,
      intervalMs: this.ageMs(nowMs),
      attempts: sum(this.#attemptsByTenth),
      connects: sum(this.#connectsByTenth),
      ...this.#counts,
      attemptsByTenth: this.#attemptsByTenth,
      connectsByTenth: this.#connectsByTenth,
      stalledMs: this.#stalledMs,
    };
    this.#fromMs = nowMs;
    this.#counts = noCounts();
    this.#attemptsByTenth = tenths();
    this.#connectsByTenth = tenths();
    this.#stalledMs = 0;
    return counters;
  }

  /** A report that is late puts what happened after its second into the last tenth. */
  #tenth(nowMs: number): Tenth {
    const at = Math.floor(this.ageMs(nowMs) / 100);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a whole number from 0 to 9, which the compiler cannot count
    return Math.min(9, Math.max(0, at)) as Tenth;
  }
}

type Tenth = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;
type Tenths = [number, number, number, number, number, number, number, number, number, number];

function tenths(): Tenths {
  return [0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
}

function noCounts(): Record<Counted, number> {
  return {
    refused: 0,
    lost: 0,
    published: 0,
    acknowledged: 0,
    received: 0,
    functionDue: 0,
    functionPerformed: 0,
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
