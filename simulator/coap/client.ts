import type { Bench } from "#contract/bench.ts";
import type { DatagramPort } from "../udp/datagram.ts";
import type { CoapAsk } from "./ask.ts";
import { type BlockLimits, type SendOnce, transfer } from "./block-transfer.ts";
import { code } from "./code.ts";
import { Exchanges } from "./exchanges.ts";
import { valueOf } from "./fields.ts";
import { type Observation, Observations, type ObserveOrder } from "./observations.ts";
import { type Option, option, optionNumber, pathOptions } from "./option.ts";
import type { CoapReply } from "./reply.ts";
import { Timers } from "./timers.ts";
import { standardTransmission, type Transmission } from "./transmission.ts";

export type { CoapAsk } from "./ask.ts";
export type { CoapReply } from "./reply.ts";

/** How the client speaks; tests shorten the times. */
export interface CoapClientKnobs extends Transmission, BlockLimits {}

/** RFC 7252 §4.8, and the greatest blocks that there are over UDP. */
export const standardClient: CoapClientKnobs = {
  ...standardTransmission,
  blockSize: 1_024,
  maxBodyBytes: 16 << 20,
};

/** A CoAP client: one port, any number of peers. */
export interface CoapClient extends AsyncDisposable {
  /**
   * Asks, and asks again as RFC 7252 §4.2 tells; sends and follows blocks (RFC 7959); shows its address by Echo where a
   * 4.01 asks for it (RFC 9175). An error code is a reply. Throws `Refused` for a RST, Error when time is over.
   */
  request(ask: CoapAsk): Promise<CoapReply>;
  /** Registers as an observer (RFC 7641) and keeps the registration alive. */
  observe(order: ObserveOrder): Observation;
}

/** Opens a client on the port, which it closes when it is disposed. */
export function openCoapClient(
  port: DatagramPort,
  bench: Pick<Bench, "clock" | "random" | "signal">,
  knobs: Partial<CoapClientKnobs> = {},
): CoapClient {
  return new Client(port, bench, { ...standardClient, ...knobs });
}

/** How often one message is repeated with an Echo. */
const mostEchoes = 2;

class Client implements CoapClient {
  readonly #port: DatagramPort;
  readonly #bench: Pick<Bench, "clock" | "random" | "signal">;
  readonly #knobs: CoapClientKnobs;
  readonly #timers: Timers;
  readonly #exchanges: Exchanges;
  readonly #observations: Observations;
  readonly #ways = new Ways();

  constructor(port: DatagramPort, bench: Pick<Bench, "clock" | "random" | "signal">, knobs: CoapClientKnobs) {
    this.#port = port;
    this.#bench = bench;
    this.#knobs = knobs;
    this.#timers = new Timers(bench.clock);
    this.#exchanges = new Exchanges(port, bench, knobs, this.#timers, (token, reply) =>
      this.#observations.notified(token, reply),
    );
    this.#observations = new Observations(bench, this.#timers, {
      newToken: () => this.#exchanges.newToken(),
      request: (ask, token) => this.#request(ask, token),
      rest: (ask, first) => this.#rest(ask, first),
    });
  }

  request(ask: CoapAsk): Promise<CoapReply> {
    return this.#request(ask, undefined);
  }

  observe(order: ObserveOrder): Observation {
    return this.#observations.begin(order);
  }

  #request(ask: CoapAsk, token: number | undefined): Promise<CoapReply> {
    const payload = typeof ask.payload === "string" ? Buffer.from(ask.payload) : (ask.payload ?? none);
    return transfer(this.#sender(ask, token), { options: this.#optionsOf(ask), payload }, this.#knobs, () =>
      Buffer.from(this.#bench.random.hex(4), "hex"),
    );
  }

  /** The blocks after the first, of a notification. */
  #rest(ask: CoapAsk, first: CoapReply): Promise<CoapReply> {
    const send = this.#sender(ask, undefined);
    let began = false;
    const resume: SendOnce = (options, payload) => {
      if (began) return send(options, payload);
      began = true;
      return Promise.resolve(first);
    };
    return transfer(resume, { options: this.#optionsOf(ask), payload: none }, this.#knobs, () => none);
  }

  #sender(ask: CoapAsk, token: number | undefined): SendOnce {
    const conversation = new Conversation(this.#exchanges, this.#bench.clock.nowMs() + ask.withinMs, ask, token);
    return (options, payload) => conversation.send(options, payload);
  }

  #optionsOf({ path, query = [], options = [] }: CoapAsk): readonly Option[] {
    const way = this.#ways.of(path);
    if (query.length === 0 && options.length === 0) return way;
    return [...way, ...query.map((part) => option(optionNumber.uriQuery, part)), ...options];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#observations.close();
    this.#exchanges.close();
    this.#timers.close();
    await this.#port.close();
  }
}

/** The messages of one request, one after the other, within the time of the whole; an Echo goes back once. */
class Conversation {
  readonly #exchanges: Exchanges;
  readonly #ask: CoapAsk;
  readonly #deadlineMs: number;
  #token: number | undefined;
  #echo: Buffer | undefined;

  /** @param token of the first message; later blocks are questions of their own. */
  constructor(exchanges: Exchanges, deadlineMs: number, ask: CoapAsk, token: number | undefined) {
    this.#exchanges = exchanges;
    this.#ask = ask;
    this.#token = token;
    this.#deadlineMs = deadlineMs;
  }

  send(options: readonly Option[], payload: Uint8Array): Promise<CoapReply> {
    return this.#sendAgain(options, payload, mostEchoes);
  }

  #sendAgain(options: readonly Option[], payload: Uint8Array, echoes: number): Promise<CoapReply> {
    const { to, code: asked, confirmable = true } = this.#ask;
    const shown = this.#echo === undefined ? options : [...options, option(optionNumber.echo, this.#echo)];
    const draft = { code: asked, options: shown, payload, confirmable, token: this.#token };
    return this.#exchanges.ask(to, draft, this.#deadlineMs).then((reply) => {
      this.#echo = valueOf(reply.options, optionNumber.echo);
      const isChallenged = reply.code === code.unauthorized && this.#echo !== undefined;
      if (isChallenged && echoes > 0) return this.#sendAgain(options, payload, echoes - 1);
      this.#token = undefined;
      return reply;
    });
  }
}

const none: Uint8Array = new Uint8Array();

/** Paths whose options are kept. */
const mostWays = 256;

/** Options of paths, because a client asks for the same ones again and again. */
class Ways {
  readonly #known = new Map<string, readonly Option[]>();

  of(path: string): readonly Option[] {
    const known = this.#known.get(path);
    if (known !== undefined) return known;
    const way = pathOptions(path);
    if (this.#known.size >= mostWays) this.#known.clear();
    this.#known.set(path, way);
    return way;
  }
}
