import type { Bench } from "#contract/bench.ts";
import type { Option } from "./option.ts";

/** A representation of which blocks are still to be read. */
export interface HeldBody {
  readonly code: number;
  readonly options: readonly Option[];
  readonly body: Buffer;
}

const mostHeld = 64;
const heldMs = 60_000;

/**
 * Bodies that are kept between two blocks. Servers of one device that share it also share the weakness to serve
 * `first-block`, where what one client was allowed to read another gets by asking for the second block.
 */
export class HeldBodies {
  readonly #bench: Pick<Bench, "clock">;
  readonly #held = new Map<string, HeldBody & { readonly untilMs: number }>();

  constructor(bench: Pick<Bench, "clock">) {
    this.#bench = bench;
  }

  keep(key: string, body: HeldBody): void {
    this.#held.delete(key);
    this.#held.set(key, { ...body, untilMs: this.#bench.clock.nowMs() + heldMs });
    if (this.#held.size <= mostHeld) return;
    for (const oldest of this.#held.keys()) return void this.#held.delete(oldest);
  }

  find(key: string): HeldBody | undefined {
    const held = this.#held.get(key);
    return held !== undefined && this.#bench.clock.nowMs() < held.untilMs ? held : undefined;
  }
}
