import { isSuccess } from "./code.ts";
import { observeField, uintField } from "./fields.ts";
import { isFresher, type Notified } from "./freshness.ts";
import type { Message } from "./message.ts";
import { optionNumber } from "./option.ts";

/** RFC 7252 §5.10.5. */
const usualMaxAgeS = 60;

/** What a state that came is worth: the one at registration, a newer one, an older one or the same again, or the end of it all. */
export type Sighting = "first" | "newer" | "stale" | "over";

/** A resource that a device observes (RFC 7641), as long as its session lasts. */
export class LeanObservation {
  readonly path: string;
  /** Of the request; the same each time that it registers, so that the server knows it again. */
  readonly number: number;
  #newest: Notified | undefined;
  #goodUntilMs = Number.NEGATIVE_INFINITY;

  constructor(path: string, number: number) {
    this.path = path;
    this.number = number;
  }

  /** Whether the server may have forgotten it: it never began, it ended, or Max-Age is over (§3.3.1). */
  isDue(nowMs: number): boolean {
    return nowMs >= this.#goodUntilMs;
  }

  /** Whether the server notifies, as far as anybody knows. */
  get isEstablished(): boolean {
    return this.#newest !== undefined;
  }

  /** The answer to its registration: the state as the server kept it. */
  registered(message: Message, nowMs: number): Sighting {
    this.#newest = undefined;
    this.#take(message, nowMs);
    return isSuccess(message.code) ? "first" : "over";
  }

  notified(message: Message, nowMs: number): Sighting {
    return this.#take(message, nowMs);
  }

  #take({ code, options }: Message, nowMs: number): Sighting {
    const sequence = observeField(options);
    if (sequence === undefined || !isSuccess(code)) {
      this.#newest = undefined;
      this.#goodUntilMs = Number.NEGATIVE_INFINITY;
      return "over";
    }
    const next = { sequence, atMs: nowMs };
    if (this.#newest !== undefined && !isFresher(this.#newest, next)) return "stale";
    this.#newest = next;
    this.#goodUntilMs = nowMs + (uintField(options, optionNumber.maxAge) ?? usualMaxAgeS) * 1_000;
    return "newer";
  }
}
