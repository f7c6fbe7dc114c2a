import type { Random } from "#contract/bench.ts";

/** What a link does to datagrams. A member that is left out does nothing. */
export interface Weather {
  /** Only to those that go there; both ways where it is left out. */
  readonly towards?: Direction;
  /** Delay of every datagram, give or take up to `jitterMs`. With jitter one may overtake another, as on a real network. */
  readonly latencyMs?: number;
  readonly jitterMs?: number;
  /** Share that is lost, 0 to 1. */
  readonly lose?: number;
  /** Share that arrives twice, 0 to 1. */
  readonly duplicate?: number;
  /** Share that is held back for `reorderMs` (50 unless told otherwise), so that later ones overtake it, 0 to 1. */
  readonly reorder?: number;
  readonly reorderMs?: number;
  /** Bits a second in each direction; what would wait longer than `queueMs` (1,000 unless told otherwise) is lost. */
  readonly bitsPerSecond?: number;
  readonly queueMs?: number;
}

/** The way that a datagram goes. */
export type Direction = "target" | "client";

/** Bytes of the IPv4 and UDP headers, which share the line with what they carry. */
const headerBytes = 28;

/** Weather in force: it decides what becomes of each datagram, and remembers how busy its line is. */
export class Front {
  readonly #weather: Weather;
  readonly #random: Random;
  /** Until when the line is busy, by direction. */
  readonly #busyUntilMs = { target: 0, client: 0 };

  constructor(weather: Weather, random: Random) {
    this.#weather = weather;
    this.#random = random;
  }

  /** How much later each copy of this datagram arrives, milliseconds; no numbers where it is lost. */
  fate(towards: Direction, sizeBytes: number, nowMs: number): readonly number[] {
    const { lose = 0, duplicate = 0 } = this.#weather;
    if (this.#weather.towards !== undefined && this.#weather.towards !== towards) return [0];
    if (this.#chance(lose)) return [];
    const waitsMs = this.#waitForLine(towards, sizeBytes, nowMs);
    if (waitsMs === undefined) return [];
    const copies = this.#chance(duplicate) ? 2 : 1;
    return Array.from({ length: copies }, () => waitsMs + this.#delayMs());
  }

  #delayMs(): number {
    const { latencyMs = 0, jitterMs = 0, reorder = 0, reorderMs = 50 } = this.#weather;
    const jitter = jitterMs === 0 ? 0 : (2 * this.#random.next() - 1) * jitterMs;
    return Math.max(0, latencyMs + jitter) + (this.#chance(reorder) ? reorderMs : 0);
  }

  #waitForLine(towards: Direction, sizeBytes: number, nowMs: number): number | undefined {
    const { bitsPerSecond = Number.POSITIVE_INFINITY, queueMs = 1_000 } = this.#weather;
    const freeMs = Math.max(nowMs, this.#busyUntilMs[towards]);
    const sentMs = freeMs + ((sizeBytes + headerBytes) * 8_000) / bitsPerSecond;
    if (sentMs - nowMs > queueMs) return undefined;
    this.#busyUntilMs[towards] = sentMs;
    return sentMs - nowMs;
  }

  /** Draws only where something is at stake, so that weather which does nothing shifts nobody's luck. */
  #chance(share: number): boolean {
    return share > 0 && this.#random.next() < share;
  }
}
