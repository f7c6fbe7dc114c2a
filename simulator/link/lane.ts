import type { Socket } from "node:net";
import type { Clock } from "#contract/bench.ts";

/** Bytes that may wait in one direction of one connection before its sender is made to wait. */
const mostWaitingBytes = 64 * 1024;

/** What travels: bytes, the end of the sender's stream, or the end of the whole connection. */
type Cargo = Uint8Array | "end" | "close";

/** Time that the next chunk takes, milliseconds; asked once for each. */
export type DelayMs = () => number;

/**
 * One direction of one connection. Keeps the order of what it carries, whatever the delays; makes the sender wait while
 * the receiver does not read or too much is under way, so what it holds is bounded.
 */
export class Lane {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #clock: Clock;
  readonly #delayMs: DelayMs;
  readonly #waiting: { readonly cargo: Cargo; readonly dueMs: number }[] = [];
  readonly #over = new AbortController();
  #waitingBytes = 0;
  #lastDueMs = 0;
  #moving = false;
  /** Bytes handed to the receiver. */
  carriedBytes = 0;

  constructor(from: Socket, to: Socket, clock: Clock, delayMs: DelayMs) {
    this.#from = from;
    this.#to = to;
    this.#clock = clock;
    this.#delayMs = delayMs;
  }

  take(cargo: Cargo): void {
    if (this.#over.signal.aborted) return;
    const nowMs = this.#clock.nowMs();
    // Never before what came earlier: TCP keeps order, and so does a slow link.
    const dueMs = Math.max(this.#lastDueMs, nowMs + this.#delayMs());
    this.#lastDueMs = dueMs;
    if (!this.#moving && dueMs <= nowMs && !this.#to.writableNeedDrain) {
      this.#deliver(cargo);
      if (this.#to.writableNeedDrain) void this.#move();
      return;
    }
    this.#waiting.push({ cargo, dueMs });
    this.#waitingBytes += sizeOf(cargo);
    if (this.#waitingBytes >= mostWaitingBytes) this.#from.pause();
    void this.#move();
  }

  /** Drops what is under way. */
  stop(): void {
    this.#over.abort();
    this.#waiting.length = 0;
  }

  async #move(): Promise<void> {
    if (this.#moving) return;
    this.#moving = true;
    while (!this.#over.signal.aborted) {
      if (this.#to.writableNeedDrain) await this.#drained();
      const next = this.#waiting.shift();
      if (next === undefined) break;
      const leftMs = next.dueMs - this.#clock.nowMs();
      if (leftMs > 0) await this.#clock.sleep(leftMs, this.#over.signal);
      if (this.#over.signal.aborted) break;
      this.#waitingBytes -= sizeOf(next.cargo);
      this.#deliver(next.cargo);
      if (this.#waitingBytes < mostWaitingBytes && !this.#to.writableNeedDrain) this.#from.resume();
    }
    this.#moving = false;
    this.#from.resume();
  }

  #deliver(cargo: Cargo): void {
    if (cargo === "close") this.#to.destroySoon();
    else if (cargo === "end") this.#to.end();
    else if (this.#to.writable) {
      this.carriedBytes += cargo.length;
      this.#to.write(cargo);
    }
  }

  /** Resolves when the receiver reads again, or the connection is over. */
  #drained(): Promise<void> {
    this.#from.pause();
    return new Promise((resolve) => {
      const go = () => {
        this.#to.off("drain", go);
        this.#to.off("close", go);
        resolve();
      };
      this.#to.once("drain", go);
      this.#to.once("close", go);
    });
  }
}

function sizeOf(cargo: Cargo): number {
  return typeof cargo === "string" ? 0 : cargo.length;
}
