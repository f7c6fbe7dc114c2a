import type { Clock } from "#contract/bench.ts";
import type { DatagramPort, Peer } from "#simulator/udp/datagram.ts";
import { type Fate, MemoryNetwork } from "#simulator/udp/memory-network.ts";

/**
 * A network in memory and the clock on which it lives: time jumps to the next moment at which a datagram arrives or
 * somebody wakes, and only while {@link settle} waits for something.
 */
export class VirtualNetwork implements Clock {
  readonly #network: MemoryNetwork;
  readonly #sleepers = new Set<{ readonly atMs: number; readonly wake: () => void }>();
  /** When datagrams arrive, the earliest last. */
  #arrivals: number[] = [];
  #nowMs = 0;

  constructor(fate: Fate = () => [1]) {
    this.#network = new MemoryNetwork((bytes, from, to) => {
      const delays = fate(bytes, from, to);
      this.#arrivals.push(...delays.map((delay) => this.#nowMs + delay));
      this.#arrivals.sort((one, other) => other - one);
      return delays;
    });
  }

  nowMs(): number {
    return this.#nowMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper = {
        atMs: this.#nowMs + ms,
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

  open(host: string, port: number): DatagramPort {
    return this.#network.open({ host, port });
  }

  /** A port that keeps what arrives, for messages written by hand. */
  listen(host: string, port: number) {
    const opened = this.open(host, port);
    const heard: { readonly bytes: Buffer; readonly from: Peer; readonly atMs: number }[] = [];
    opened.hear((bytes, from) => heard.push({ bytes, from, atMs: this.#nowMs }));
    return { port: opened, heard };
  }

  /** Lets time go by until the promise settles; throws where nothing is left that could settle it. */
  async settle<T>(work: Promise<T>): Promise<T> {
    const over = new AbortController();
    const end = () => over.abort();
    work.then(end, end);
    for (await idle(); !over.signal.aborted; await idle()) {
      if (!this.#step(Number.POSITIVE_INFINITY)) throw new Error("nothing is left to wait for");
    }
    return work;
  }

  /** Lets so much time go by. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    for (await idle(); this.#step(untilMs); ) await idle();
    this.#nowMs = untilMs;
    this.#network.advance(untilMs);
    await idle();
  }

  #step(untilMs: number): boolean {
    const wakes = [...this.#sleepers].toSorted((one, other) => one.atMs - other.atMs);
    const next = Math.min(
      this.#arrivals.at(-1) ?? Number.POSITIVE_INFINITY,
      wakes[0]?.atMs ?? Number.POSITIVE_INFINITY,
    );
    if (next === Number.POSITIVE_INFINITY || next > untilMs) return false;
    this.#nowMs = Math.max(this.#nowMs, next);
    while ((this.#arrivals.at(-1) ?? Number.POSITIVE_INFINITY) <= this.#nowMs) this.#arrivals.pop();
    this.#network.advance(this.#nowMs);
    for (const { atMs, wake } of wakes) if (atMs <= this.#nowMs) wake();
    return true;
  }
}

/** Lets everything that is ready run. */
function idle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
