import { createHmac } from "node:crypto";
import type { Bench } from "#contract/bench.ts";
import type { KnownPeer } from "./known-peers.ts";

/** An Echo older than this is not fresh. */
const freshMs = 5_000;
/** How long an address counts as proven. */
const provenMs = 300_000;
const numberBytes = 6;
const macBytes = 6;

/**
 * Echo values (RFC 9175 §2) that need no memory until they are used: when it was issued, a count, and a MAC over both
 * and the endpoint. Each is good for one request; one that is older than the last one used is not taken any more, so a
 * request that was held back does not come through after a later one.
 */
export class EchoChallenge {
  readonly #bench: Pick<Bench, "clock">;
  readonly #secret: string;
  #count = 0;

  constructor(bench: Pick<Bench, "clock" | "random">) {
    this.#bench = bench;
    this.#secret = bench.random.hex(16);
  }

  issue(to: KnownPeer): Buffer {
    this.#count = (this.#count + 1) & 0xffff;
    const number = Buffer.alloc(numberBytes);
    number.writeUIntBE(Math.floor(this.#bench.clock.nowMs()) * 0x10000 + this.#count, 0, numberBytes);
    return Buffer.concat([number, this.#mac(number, to)]);
  }

  /** Whether it is genuine and fresh; then the address is proven, and the value used up. */
  accept(echo: Buffer, from: KnownPeer): boolean {
    if (echo.length !== numberBytes + macBytes) return false;
    const number = echo.subarray(0, numberBytes);
    if (!this.#mac(number, from).equals(echo.subarray(numberBytes))) return false;
    const now = this.#bench.clock.nowMs();
    const issued = number.readUIntBE(0, numberBytes);
    if (issued <= from.lastEcho || now - Math.floor(issued / 0x10000) > freshMs) return false;
    from.lastEcho = issued;
    from.provenUntilMs = Math.max(from.provenUntilMs, now + provenMs);
    return true;
  }

  #mac(number: Buffer, { key }: KnownPeer): Buffer {
    return createHmac("sha256", this.#secret).update(number).update(key).digest().subarray(0, macBytes);
  }
}
