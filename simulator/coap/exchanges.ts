import type { Bench } from "#contract/bench.ts";
import { Refused } from "#contract/errors.ts";
import { type DatagramPort, type Peer, peerKey } from "../udp/datagram.ts";
import { isResponse } from "./code.ts";
import { emptyMessage } from "./empty-message.ts";
import { type Draft, Exchange, type ExchangeOwner, type Line } from "./exchange.ts";
import { asBuffer } from "./fields.ts";
import { decode, encode, isMessage, type Message, messageType } from "./message.ts";
import { type MessageIds, sequentialIds } from "./message-ids.ts";
import { NumberTable } from "./number-table.ts";
import { unrecognizedCritical } from "./option-rules.ts";
import { type CoapReply, Unanswered } from "./reply.ts";
import { TakenAnswers } from "./taken-answers.ts";
import { type Timers, unset } from "./timers.ts";
import type { Transmission } from "./transmission.ts";

/** Told of responses that answer no open request. True where they belong to an observation, so that they are welcome. */
export type Unasked = (token: number, reply: CoapReply) => boolean;

const tokenBytes = 4;

/** The message layer of a client (RFC 7252 §4): many requests to many peers over one port. */
export class Exchanges implements ExchangeOwner {
  readonly #port: DatagramPort;
  readonly #bench: Pick<Bench, "clock" | "random" | "signal">;
  readonly #transmission: Transmission;
  readonly #timers: Timers;
  readonly #ids: MessageIds;
  readonly #byToken = new NumberTable<Exchange>();
  readonly #byId = new NumberTable<Exchange>();
  readonly #lines = new Map<string, Line>();
  readonly #taken = new TakenAnswers();
  readonly #unasked: Unasked;
  /** Written for every message, so that none has a buffer of its own. */
  readonly #tokenBytes = Buffer.alloc(tokenBytes);
  #lastLine: Line | undefined;
  readonly #abort = () => this.#failAll(new Error("the bench's stage has ended"));

  constructor(
    port: DatagramPort,
    bench: Pick<Bench, "clock" | "random" | "signal">,
    transmission: Transmission,
    timers: Timers,
    unasked: Unasked,
  ) {
    this.#port = port;
    this.#bench = bench;
    this.#transmission = transmission;
    this.#timers = timers;
    this.#ids = sequentialIds(bench.random);
    this.#unasked = unasked;
    port.hear((bytes, from) => this.#hear(bytes, from));
    bench.signal.addEventListener("abort", this.#abort);
  }

  /** 32 random bits that no open request uses (RFC 7252 §5.3.1). */
  newToken(): number {
    for (;;) {
      const token = this.#bench.random.integer(0, 0x1_0000_0000);
      if (!this.#byToken.has(token)) return token;
    }
  }

  /** Resolves with the response; rejects with {@link Refused} for a RST, and with Error when none has come at that time. */
  ask(to: Peer, draft: Draft, deadlineMs: number): Promise<CoapReply> {
    if (this.#bench.signal.aborted) return Promise.reject(new Error("the bench's stage has ended"));
    return new Promise((resolve, reject) => {
      const token = draft.token ?? this.newToken();
      const line = this.#lineOf(to);
      const exchange = new Exchange(this, to, line, draft, token, deadlineMs, resolve, reject);
      this.#byToken.set(token, exchange);
      if (line.underWay < this.#transmission.nstart) this.#begin(exchange, this.#bench.clock.nowMs());
      else {
        line.waiting.push(exchange);
        this.#timers.setAt(exchange, deadlineMs);
      }
    });
  }

  /** Sends a RST or an empty ACK. */
  sendEmpty(type: 2 | 3, messageId: number, to: Peer): void {
    this.#port.send(emptyMessage(type, messageId), to);
  }

  close(): void {
    this.#bench.signal.removeEventListener("abort", this.#abort);
    this.#failAll(new Error("the client was closed"));
  }

  /** For the timer of an exchange. */
  onTime(exchange: Exchange): void {
    const now = this.#bench.clock.nowMs();
    if (now >= exchange.deadlineMs) return this.#fail(exchange, new Error("no response in time"));
    if (exchange.transmissions > this.#transmission.maxRetransmit) {
      return this.#fail(exchange, new Unanswered(exchange.transmissions));
    }
    exchange.timeoutMs *= 2;
    this.#transmit(exchange, now);
  }

  #begin(exchange: Exchange, now: number): void {
    const { ackTimeoutMs, ackRandomFactor } = this.#transmission;
    const token = this.#tokenBytes;
    token.writeUInt32BE(exchange.token);
    exchange.messageId = this.#freeId();
    const { code, options, payload, confirmable } = exchange.draft;
    const type = confirmable ? messageType.con : messageType.non;
    exchange.bytes = encode({ type, code, messageId: exchange.messageId, token, options, payload });
    this.#byId.set(exchange.messageId, exchange);
    exchange.holdsLine = true;
    exchange.line.underWay++;
    exchange.timeoutMs = confirmable
      ? ackTimeoutMs * (1 + this.#bench.random.next() * (ackRandomFactor - 1))
      : Number.POSITIVE_INFINITY;
    this.#transmit(exchange, now);
  }

  #transmit(exchange: Exchange, now: number): void {
    exchange.transmissions++;
    this.#timers.setAt(exchange, Math.min(now + exchange.timeoutMs, exchange.deadlineMs));
    this.#port.send(exchange.bytes, exchange.to);
  }

  #freeId(): number {
    for (;;) {
      const id = this.#ids.next();
      if (!this.#byId.has(id) || this.#byId.size >= 0x10000) return id;
    }
  }

  #hear(bytes: Buffer, from: Peer): void {
    const message = decode(bytes);
    if (!isMessage(message)) {
      if (message.header?.version === 1 && message.header.type === messageType.con) {
        this.sendEmpty(messageType.rst, message.header.messageId, from);
      }
      return;
    }
    if (isResponse(message.code)) return this.#hearResponse(message, from);
    if (message.type === messageType.con) return this.sendEmpty(messageType.rst, message.messageId, from);
    if (message.code !== 0) return;
    const exchange = this.#byId.get(message.messageId);
    if (exchange === undefined || !isFrom(exchange, from)) return;
    if (message.type === messageType.ack) this.#acknowledged(exchange);
    if (message.type === messageType.rst) {
      this.#fail(exchange, new Refused("RST", `${peerKey(from)} rejected the message`));
    }
  }

  #hearResponse(message: Message, from: Peer): void {
    const { token: bytes, type, messageId } = message;
    const token = tokenNumber(bytes);
    const exchange = this.#byToken.get(token);
    if (exchange !== undefined && exchange.messageId !== unset && isFrom(exchange, from)) {
      if (type === messageType.ack && messageId !== exchange.messageId) return;
      if (unrecognizedCritical(message.options) !== undefined) return this.#rejectResponse(exchange, message);
      if (type === messageType.con) this.#acknowledge(messageId, from);
      this.#end(exchange);
      return exchange.resolve(replyOf(message, from));
    }
    if (type === messageType.ack || type === messageType.rst) return;
    if (this.#unasked(token, replyOf(message, from))) {
      if (type === messageType.con) this.#acknowledge(messageId, from);
    } else if (type === messageType.con && this.#taken.has(messageId, from)) {
      this.sendEmpty(messageType.ack, messageId, from);
    } else if (type === messageType.con || message.options.some(({ number }) => number === 6)) {
      // RFC 7641 §3.6: by rejecting a notification the observation ends, also a NON one.
      this.sendEmpty(messageType.rst, messageId, from);
    }
  }

  /** RFC 7252 §5.4.1: what it must be understood by, nobody here understands. */
  #rejectResponse(exchange: Exchange, { type, messageId }: Message): void {
    if (type !== messageType.ack) this.sendEmpty(messageType.rst, messageId, exchange.to);
    this.#fail(exchange, new Error("the response has a critical option that is not known here"));
  }

  /** Also when it comes again, after the exchange has ended. */
  #acknowledge(messageId: number, from: Peer): void {
    this.sendEmpty(messageType.ack, messageId, from);
    this.#taken.add(messageId, from);
  }

  /** The response comes separately: until the deadline there is nothing to do but wait (RFC 7252 §5.2.2). */
  #acknowledged(exchange: Exchange): void {
    this.#timers.setAt(exchange, exchange.deadlineMs);
    exchange.timeoutMs = Number.POSITIVE_INFINITY;
    this.#leaveLine(exchange);
  }

  #end(exchange: Exchange): void {
    this.#timers.cancel(exchange);
    this.#byToken.delete(exchange.token);
    if (this.#byId.get(exchange.messageId) === exchange) this.#byId.delete(exchange.messageId);
    this.#leaveLine(exchange);
  }

  #leaveLine(exchange: Exchange): void {
    const { line } = exchange;
    if (!exchange.holdsLine) return;
    exchange.holdsLine = false;
    line.underWay--;
    while (line.underWay < this.#transmission.nstart) {
      const next = line.waiting.shift();
      if (next === undefined) break;
      if (!next.isOver) this.#begin(next, this.#bench.clock.nowMs());
    }
    if (line.underWay === 0 && line.waiting.length === 0 && this.#lines.size > 1_024) this.#lines.delete(line.key);
  }

  #fail(exchange: Exchange, error: Error): void {
    exchange.isOver = true;
    this.#end(exchange);
    exchange.reject(error);
  }

  #failAll(error: Error): void {
    const open = this.#byToken.values();
    for (const exchange of open) exchange.isOver = true;
    for (const exchange of open) this.#fail(exchange, error);
  }

  #lineOf(to: Peer): Line {
    const last = this.#lastLine;
    // A line may have been forgotten when it was empty; another one would count anew.
    if (last !== undefined && last.underWay > 0 && last.to.port === to.port && last.to.host === to.host) return last;
    const key = peerKey(to);
    const line = this.#lines.get(key) ?? { key, to, underWay: 0, waiting: [] };
    this.#lines.set(key, line);
    this.#lastLine = line;
    return line;
  }
}

/** -1 for a token that is none of ours. */
function tokenNumber(bytes: Uint8Array): number {
  if (bytes.length !== tokenBytes) return -1;
  const [first = 0, second = 0, third = 0, last = 0] = bytes;
  return first * 0x1_00_00_00 + ((second << 16) | (third << 8) | last);
}

function replyOf({ code: answered, options, payload }: Message, peer: Peer): CoapReply {
  return { code: answered, options, payload: asBuffer(payload), peer };
}

function isFrom({ to }: Exchange, { host, port }: Peer): boolean {
  return to.port === port && to.host === host;
}
