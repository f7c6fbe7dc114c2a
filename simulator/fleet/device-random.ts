import type { Random } from "#contract/bench.ts";

/**
 * A device's own stream of chance in four bytes of state (splitmix32), so that what one device draws does not depend
 * on when the network answered another.
 */
export class DeviceRandom implements Random {
  #state: number;

  /** @param seed an integer below 2³². */
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  next(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    let mixed = this.#state ^ (this.#state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  }

  integer(from: number, below: number): number {
    return from + Math.floor(this.next() * (below - from));
  }

  hex(bytes: number): string {
    return Array.from({ length: bytes }, () => this.integer(0, 256).toString(16).padStart(2, "0")).join("");
  }
}
