import type { Alarms, Waiter } from "./alarms.ts";
import { datagramsOf, type FlightPart } from "./flight.ts";

const firstWaitMs = 1_000;
const longestWaitMs = 60_000;

/** What {@link Retransmission} works with. */
export interface RetransmissionOptions {
  readonly alarms: Alarms;
  readonly nowMs: number;
  /** Time from now after which nobody waits any longer. */
  readonly withinMs: number;
  readonly fragmentBytes: number | undefined;
  transmit(datagram: Buffer): void;
  onGivenUp(): void;
}

/** Sends a flight, and again after 1, 2, 4 … 60 s until the next one takes its place (RFC 6347 §4.2.4.1). */
export class Retransmission implements Waiter {
  readonly #options: RetransmissionOptions;
  readonly #deadlineMs: number;
  #flight: readonly FlightPart[] = [];
  #version = 0;
  #waitMs = firstWaitMs;

  constructor(options: RetransmissionOptions) {
    this.#options = options;
    this.#deadlineMs = options.nowMs + options.withinMs;
    // Until a flight is sent, there is only the deadline.
    options.alarms.set(this, options.withinMs);
  }

  send(flight: readonly FlightPart[], version: number, nowMs: number): void {
    this.#flight = flight;
    this.#version = version;
    this.#waitMs = firstWaitMs;
    this.again();
    this.#await(nowMs);
  }

  /** Sends the flight once more, because the peer has repeated the one before it. */
  again(): void {
    for (const datagram of datagramsOf(this.#flight, this.#version, this.#options.fragmentBytes)) {
      this.#options.transmit(datagram);
    }
  }

  stop(): void {
    this.#options.alarms.cancel(this);
  }

  onAlarm(nowMs: number): void {
    if (nowMs >= this.#deadlineMs) return this.#options.onGivenUp();
    this.again();
    this.#waitMs = Math.min(longestWaitMs, this.#waitMs * 2);
    this.#await(nowMs);
  }

  #await(nowMs: number): void {
    this.#options.alarms.set(this, Math.min(this.#waitMs, this.#deadlineMs - nowMs));
  }
}
