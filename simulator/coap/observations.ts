import type { Bench } from "#contract/bench.ts";
import type { Peer } from "../udp/datagram.ts";
import type { CoapAsk } from "./ask.ts";
import { code, isSuccess } from "./code.ts";
import { blockField, observeField, uintField } from "./fields.ts";
import { isFresher, type Notified } from "./freshness.ts";
import { type Option, option, optionNumber } from "./option.ts";
import type { CoapReply } from "./reply.ts";
import { type Timed, type Timers, unset } from "./timers.ts";

/** What to observe, and who is told. */
export interface ObserveOrder {
  readonly to: Peer;
  readonly path: string;
  readonly options?: readonly Option[];
  /**
   * Told of every state that is newer than those before. The sequence is the number in the Observe option; undefined
   * where the server did not take us for an observer, or told an error, after which nothing more comes.
   */
  readonly onState: (reply: CoapReply, sequence: number | undefined) => void;
  /** What registering may take, milliseconds. 10,000 unless told otherwise. */
  readonly withinMs?: number;
}

/** A registration as an observer. */
export interface Observation {
  /** The answer to the registration; rejects as a request does. */
  readonly established: Promise<CoapReply>;
  /** Tells the server to end it (GET with Observe 1); what comes later is rejected by RST. Resolves also when nobody answers. */
  cancel(): Promise<void>;
}

interface Way {
  newToken(): number;
  request(ask: CoapAsk, token: number): Promise<CoapReply>;
  rest(ask: CoapAsk, first: CoapReply): Promise<CoapReply>;
}

const registerWithinMs = 10_000;
const cancelWithinMs = 2_000;
/** Max-Age of a response that names none (RFC 7252 §5.10.5). */
const usualMaxAgeS = 60;

/** All observations of a client. */
export class Observations {
  readonly #bench: Pick<Bench, "clock" | "random">;
  readonly #timers: Timers;
  readonly #way: Way;
  readonly #byToken = new Map<number, Registration>();

  constructor(bench: Pick<Bench, "clock" | "random">, timers: Timers, way: Way) {
    this.#bench = bench;
    this.#timers = timers;
    this.#way = way;
  }

  begin(order: ObserveOrder): Observation {
    const token = this.#way.newToken();
    const registration = new Registration(this.#bench, this.#timers, this.#way, order, token);
    this.#byToken.set(token, registration);
    const established = registration.register();
    established.catch(() => this.#byToken.delete(token));
    return {
      established,
      cancel: async () => {
        if (!this.#byToken.delete(token)) return;
        await registration.cancel();
      },
    };
  }

  /** Whether it belongs to an observation. */
  notified(token: number, reply: CoapReply): boolean {
    const registration = this.#byToken.get(token);
    if (registration === undefined || !registration.isFrom(reply.peer)) return false;
    registration.take(reply);
    return true;
  }

  close(): void {
    for (const registration of this.#byToken.values()) registration.end();
    this.#byToken.clear();
  }
}

class Registration implements Timed {
  tick = unset;
  seat = unset;
  readonly #bench: Pick<Bench, "clock" | "random">;
  readonly #timers: Timers;
  readonly #way: Way;
  readonly #order: ObserveOrder;
  readonly #token: number;
  #newest: Notified | undefined;
  #isOver = false;

  constructor(bench: Pick<Bench, "clock" | "random">, timers: Timers, way: Way, order: ObserveOrder, token: number) {
    this.#bench = bench;
    this.#timers = timers;
    this.#way = way;
    this.#order = order;
    this.#token = token;
  }

  async register(): Promise<CoapReply> {
    const asked = this.#newest;
    const reply = await this.#way.request(this.#ask(0, this.#order.withinMs ?? registerWithinMs), this.#token);
    // Notifications may have overtaken the answer.
    if (this.#newest === asked) {
      this.#newest = undefined;
      this.take(reply);
    }
    return reply;
  }

  isFrom({ host, port }: Peer): boolean {
    return this.#order.to.host === host && this.#order.to.port === port;
  }

  /** Nothing came for longer than the last state was good for: register again, with the same token (RFC 7641 §3.3.1). */
  onTime(): void {
    if (this.#isOver) return;
    this.#again(usualMaxAgeS);
    void this.register().catch(() => {});
  }

  async cancel(): Promise<void> {
    this.end();
    await this.#way.request(this.#ask(1, cancelWithinMs), this.#token).catch(() => {});
  }

  end(): void {
    this.#isOver = true;
    this.#timers.cancel(this);
  }

  #ask(observe: 0 | 1, withinMs: number): CoapAsk {
    const { to, path, options = [] } = this.#order;
    return { to, path, code: code.get, options: [...options, option(optionNumber.observe, observe)], withinMs };
  }

  /** A state that the server told. */
  take(reply: CoapReply): void {
    if (this.#isOver) return;
    const sequence = observeField(reply.options);
    const now = this.#bench.clock.nowMs();
    if (sequence === undefined || !isSuccess(reply.code)) {
      this.end();
      return this.#order.onState(reply, undefined);
    }
    const next = { sequence, atMs: now };
    if (this.#newest !== undefined && !isFresher(this.#newest, next)) return;
    this.#newest = next;
    this.#again(uintField(reply.options, optionNumber.maxAge) ?? usualMaxAgeS);
    const block = blockField(reply.options, optionNumber.block2);
    if (block === undefined || !block.more || block.number !== 0) return this.#order.onState(reply, sequence);
    void this.#complete(reply, next);
  }

  /** The first block came with the notification; it counts when the others are there, unless a newer state came meanwhile. */
  async #complete(first: CoapReply, notified: Notified): Promise<void> {
    const { to, path, options = [], withinMs = registerWithinMs } = this.#order;
    const whole = await this.#way.rest({ to, path, options, code: code.get, withinMs }, first).catch(() => undefined);
    if (whole !== undefined && this.#newest === notified && !this.#isOver) {
      this.#order.onState(whole, notified.sequence);
    }
  }

  /** RFC 7641 §3.3.1: after Max-Age and 5 to 15 s more, so that not all clients of a server come at once. */
  #again(maxAgeS: number): void {
    this.#timers.set(this, maxAgeS * 1_000 + 5_000 + this.#bench.random.next() * 10_000);
  }
}
