import type { Bench } from "#contract/bench.ts";
import { isResponse } from "../coap/code.ts";
import { emptyMessage } from "../coap/empty-message.ts";
import { decode, encode, isMessage, type Message, messageType } from "../coap/message.ts";
import type { Option } from "../coap/option.ts";
import type { Peer } from "../udp/datagram.ts";
import type { CallerLink } from "./caller-link.ts";
import type { DeviceServerKnobs } from "./device-server-knobs.ts";

type Rules = Pick<DeviceServerKnobs, "callerTokens" | "callerMatching" | "callerFreshness" | "callerRetries">;

/** What a device asks. */
export interface CallerQuestion {
  readonly code: number;
  readonly options: readonly Option[];
  readonly payload?: string;
  /** Told of every response after the first, with the same token, until the signal aborts. */
  readonly further?: { readonly on: (response: Message) => void; readonly until: AbortSignal };
}

interface Pending {
  readonly messageId: number;
  readonly onFurther: ((response: Message) => void) | undefined;
  /** Ends the retransmissions. */
  readonly heard: () => void;
  readonly answer: (response: Message | undefined) => void;
  isAnswered: boolean;
}

/** RFC 7252 §4.8: ACK_TIMEOUT, ACK_RANDOM_FACTOR, MAX_RETRANSMIT. */
const ackTimeoutMs = 2_000;
const ackRandomFactor = 1.5;
const maxRetransmit = 4;
/** What a device without patience does. */
const impatientMs = 500;
const mostImpatient = 600;
/** How long a response may take after an empty ACK. */
const separateWithinMs = 30_000;
/** Ids of messages of the server that are remembered, to know repetitions by. */
const mostIds = 64;

/** The message layer of a calling device: confirmable questions, tokens, matching, repetitions. */
export class CallerExchange {
  readonly #link: CallerLink;
  readonly #bench: Pick<Bench, "clock" | "random">;
  readonly #rules: Rules;
  readonly #signal: AbortSignal;
  readonly #pending = new Map<string, Pending>();
  readonly #ids: string[] = [];
  #messageId: number;
  #token = 0;

  constructor(link: CallerLink, bench: Pick<Bench, "clock" | "random">, rules: Rules, signal: AbortSignal) {
    this.#link = link;
    this.#bench = bench;
    this.#rules = rules;
    this.#signal = signal;
    this.#messageId = bench.random.integer(0, 0x10000);
    link.port.hear((bytes, from) => this.#hear(bytes, from));
  }

  /** The first response, or undefined where none came, or a RST. Never rejects. */
  async ask(question: CallerQuestion): Promise<Message | undefined> {
    this.#messageId = (this.#messageId + 1) & 0xffff;
    const token = this.#newToken();
    const message = {
      type: messageType.con,
      code: question.code,
      messageId: this.#messageId,
      token,
      options: question.options,
      payload: Buffer.from(question.payload ?? ""),
    };
    const key = token.toString("hex");
    const acknowledged = new AbortController();
    const { promise, resolve } = Promise.withResolvers<Message | undefined>();
    this.#pending.set(key, {
      messageId: message.messageId,
      onFurther: question.further?.on,
      heard: () => acknowledged.abort(),
      answer: resolve,
      isAnswered: false,
    });
    void this.#transmit(encode(message), acknowledged.signal).then(resolve);
    const response = await promise;
    const { further } = question;
    if (response === undefined || further === undefined) this.#pending.delete(key);
    else further.until.addEventListener("abort", () => this.#pending.delete(key), { once: true });
    return response;
  }

  /** Sends it again until it is heard of. Ends, with nothing, when nobody will answer any more. */
  async #transmit(bytes: Buffer, acknowledged: AbortSignal): Promise<undefined> {
    const over = AbortSignal.any([acknowledged, this.#signal]);
    for (const waitMs of this.#waits()) {
      this.#link.port.send(bytes, this.#link.to);
      await this.#bench.clock.sleep(waitMs, over);
      if (over.aborted) break;
    }
    if (acknowledged.aborted && !this.#signal.aborted) await this.#bench.clock.sleep(separateWithinMs, this.#signal);
    return undefined;
  }

  #waits(): readonly number[] {
    if (this.#rules.callerRetries === "constant") return Array.from({ length: mostImpatient }, () => impatientMs);
    const first = ackTimeoutMs * (1 + this.#bench.random.next() * (ackRandomFactor - 1));
    return Array.from({ length: maxRetransmit + 1 }, (_, n) => first * 2 ** n);
  }

  #newToken(): Buffer {
    if (this.#rules.callerTokens === "random") return Buffer.from(this.#bench.random.hex(8), "hex");
    this.#token = (this.#token + 1) & 0xff;
    return Buffer.of(this.#token);
  }

  #hear(bytes: Buffer, from: Peer): void {
    const message = decode(bytes);
    if (!isMessage(message)) return;
    const { to } = this.#link;
    const isFromServer = from.host === to.host && from.port === to.port;
    const isExact = this.#rules.callerMatching === "endpoint-and-token";
    if (isExact && !isFromServer) return;
    if (!isResponse(message.code)) return this.#hearEmpty(message);
    const pending = this.#pending.get(Buffer.from(message.token).toString("hex"));
    const isPiggybacked = message.type === messageType.ack;
    if (pending === undefined || (isExact && isPiggybacked && message.messageId !== pending.messageId)) {
      // RFC 7252 §4.2: what nobody asked for is rejected.
      if (message.type === messageType.con)
        this.#link.port.send(emptyMessage(messageType.rst, message.messageId), from);
      return;
    }
    if (message.type === messageType.con) this.#link.port.send(emptyMessage(messageType.ack, message.messageId), from);
    if (!isPiggybacked && this.#isRepetition(message, from)) return;
    this.#take(pending, message);
  }

  #take(pending: Pending, message: Message): void {
    pending.heard();
    // What was heard is kept beyond its datagram.
    const kept = { ...message, payload: Buffer.from(message.payload) };
    if (pending.isAnswered) return pending.onFurther?.(kept);
    pending.isAnswered = true;
    pending.answer(kept);
  }

  #hearEmpty({ type, messageId }: Message): void {
    if (type !== messageType.ack && type !== messageType.rst) return;
    const pending = [...this.#pending.values()].find((each) => each.messageId === messageId);
    pending?.heard();
    if (type === messageType.rst) pending?.answer(undefined);
  }

  /** RFC 7252 §4.5: a message that comes again says nothing new. */
  #isRepetition({ messageId }: Message, { host, port }: Peer): boolean {
    if (this.#rules.callerFreshness === "off") return false;
    const id = `${host}:${port} ${messageId}`;
    if (this.#ids.includes(id)) return true;
    this.#ids.push(id);
    if (this.#ids.length > mostIds) this.#ids.shift();
    return false;
  }
}
