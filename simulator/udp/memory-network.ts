import { type DatagramPort, type Peer, peerKey } from "./datagram.ts";

/** What becomes of a datagram: as many copies as there are numbers, each delivered after so many milliseconds. */
export type Fate = (bytes: Uint8Array, from: Peer, to: Peer) => readonly number[];

/**
 * A network in memory for tests on a virtual clock: nothing moves until {@link advance}, and the same fates give the
 * same run. Datagrams that are due at the same time are delivered in the order in which they were sent.
 */
export class MemoryNetwork {
  readonly #ports = new Map<string, (bytes: Buffer, from: Peer) => void>();
  readonly #under: { readonly atMs: number; readonly order: number; deliver(): void }[] = [];
  readonly #fate: Fate;
  #nowMs = 0;
  #order = 0;

  constructor(fate: Fate = () => [0]) {
    this.#fate = fate;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** True while something is under way. */
  get isBusy(): boolean {
    return this.#under.length > 0;
  }

  open(local: Peer): DatagramPort {
    const key = peerKey(local);
    this.#ports.set(key, () => {});
    return {
      local,
      send: (bytes, to) => this.#send(Buffer.from(bytes), local, to),
      hear: (listener) => void this.#ports.set(key, listener),
      close: async () => void this.#ports.delete(key),
    };
  }

  /** Delivers what is due up to `nowMs`, also what is sent meanwhile. */
  advance(nowMs: number): void {
    for (;;) {
      const next = this.#under.toSorted((one, other) => one.atMs - other.atMs || one.order - other.order)[0];
      if (next === undefined || next.atMs > nowMs) break;
      this.#under.splice(this.#under.indexOf(next), 1);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.deliver();
    }
    this.#nowMs = Math.max(this.#nowMs, nowMs);
  }

  #send(bytes: Buffer, from: Peer, to: Peer): void {
    for (const afterMs of this.#fate(bytes, from, to)) {
      const deliver = () => this.#ports.get(peerKey(to))?.(Buffer.from(bytes), from);
      this.#under.push({ atMs: this.#nowMs + afterMs, order: this.#order++, deliver });
    }
  }
}
