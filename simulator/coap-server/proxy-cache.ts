import type { Clock } from "#contract/bench.ts";
import { isSuccess } from "../coap/code.ts";
import { uintField } from "../coap/fields.ts";
import { option, optionNumber } from "../coap/option.ts";
import type { CoapResponse } from "../coap/serving.ts";
import type { DeviceServerKnobs } from "./device-server-knobs.ts";
import type { Principal } from "./principal.ts";

/** Seconds that an answer is fresh unless it says otherwise (RFC 7252 §5.10.5). */
const usualMaxAgeS = 60;
const mostKept = 256;

/** Answers that a proxy gives again while they are fresh (RFC 7252 §5.6). */
export class ProxyCache {
  readonly #clock: Pick<Clock, "nowMs">;
  readonly #isShared: boolean;
  readonly #kept = new Map<string, { readonly response: CoapResponse; readonly untilMs: number }>();

  constructor(clock: Pick<Clock, "nowMs">, rule: DeviceServerKnobs["proxyCache"]) {
    this.#clock = clock;
    this.#isShared = rule === "shared";
  }

  find(place: string, by: Principal): CoapResponse | undefined {
    const key = this.#keyOf(place, by);
    const kept = key === undefined ? undefined : this.#kept.get(key);
    const leftS = kept === undefined ? 0 : Math.ceil((kept.untilMs - this.#clock.nowMs()) / 1_000);
    if (kept === undefined || leftS <= 0) return undefined;
    const others = (kept.response.options ?? []).filter(({ number }) => number !== optionNumber.maxAge);
    return { ...kept.response, options: [...others, option(optionNumber.maxAge, leftS)] };
  }

  keep(place: string, by: Principal, response: CoapResponse): void {
    const key = this.#keyOf(place, by);
    if (key === undefined || !isSuccess(response.code)) return;
    const maxAgeS = uintField(response.options ?? [], optionNumber.maxAge) ?? usualMaxAgeS;
    this.#kept.delete(key);
    this.#kept.set(key, { response, untilMs: this.#clock.nowMs() + maxAgeS * 1_000 });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > mostKept && oldest !== undefined) this.#kept.delete(oldest);
  }

  /** RFC 7252 §11.2: what was asked by coaps is for who asked it, and for no cache that others are served from. */
  #keyOf(place: string, by: Principal): string | undefined {
    if (this.#isShared) return place;
    return by.isAuthenticated ? undefined : place;
  }
}
