import { code } from "./code.ts";
import { blockField, observeField, uintField, valueOf } from "./fields.ts";
import { contentOf, type LeanAsk, LeanExchange, type LeanSelf } from "./lean-device-request.ts";
import { type LeanRider, type LeanSocket, requestOf, tokenOf } from "./lean-device-socket.ts";
import { encode, type Message, messageType } from "./message.ts";
import { option, optionNumber } from "./option.ts";
import { standardTransmission } from "./transmission.ts";

/** With more than this waiting the server counts as gone: a device has no memory to wait for it. */
const mostWaiting = 64;
/** MAX_TRANSMIT_WAIT: after so long nothing comes any more (RFC 7252 §4.8.2). */
const longestWaitMs = 93_000;
/** A server that is busy without saying for how long (RFC 7252 §5.9.3.4), and the longest that it is believed, seconds. */
const usualPauseS = 60;
const longestPauseS = 300;
/** Answers to this many of the last requests may come late, and are no news. */
const recentRequests = 16;
const mostEchoes = 2;
/** Time until the next try where all message ids of the socket are in use. */
const idWaitMs = 250;

/** Whose line it is. */
export interface LineOwner {
  readonly self: LeanSelf;
  readonly nowMs: number;
  /** Whether it has not registered yet: then a busy server is an answer like any other. */
  readonly isConnecting: boolean;
  onAnswered(ask: LeanAsk, message: Message): void;
  /** The message was rejected. */
  onReset(ask: LeanAsk): void;
  /** A response to request `number`, which is not under way. True where it is welcome. */
  onNotified(number: number, message: Message): boolean;
  onRequest(message: Message): Buffer | undefined;
  /** Whether that number is taken by something that lasts. */
  isTaken(number: number): boolean;
  onLost(why: string): void;
  /** What is due next has changed. */
  onDue(): void;
}

/** The requests of one device, one under way at a time (NSTART, RFC 7252 §4.7), and its share of a socket. */
export class LeanLine implements LeanRider {
  readonly #owner: LineOwner;
  readonly #random: { next(): number };
  readonly #socket: LeanSocket;
  readonly #key: number;
  #lastNumber = 0;
  /** When the server was last heard. */
  heardMs: number;
  /** Until when the server asked to be spared (5.03, 4.29). */
  #pausedUntilMs = 0;
  /** Shows the server that we receive what is sent to us (RFC 9175). */
  #echo: Buffer | undefined;
  #exchange: LeanExchange | undefined;
  #queue: LeanAsk[] | undefined;

  constructor(owner: LineOwner, socket: LeanSocket, random: { next(): number }) {
    this.#owner = owner;
    this.#random = random;
    this.#socket = socket;
    this.#key = socket.board(this);
    this.heardMs = owner.nowMs;
  }

  get isIdle(): boolean {
    return this.#exchange === undefined;
  }

  ask(ask: LeanAsk): void {
    if (this.#exchange === undefined) return this.#begin(new LeanExchange(ask));
    this.#queue ??= [];
    // Too many are found at the next turn: a publish must not end its own session under the caller's feet.
    if (this.#queue.push(ask) > mostWaiting) this.#owner.onDue();
  }

  /** Sends one message whose answer nobody waits for; `number` is that of an earlier request that it belongs to. */
  sendOnce(bytesOf: (messageId: number, token: Buffer) => Buffer, number = this.nextNumber()): void {
    const messageId = this.#socket.nextId();
    if (messageId !== undefined) this.#socket.send(bytesOf(messageId, tokenOf(this.#key, number)));
  }

  nextNumber(): number {
    do this.#lastNumber = (this.#lastNumber + 1) & 0xffff;
    while (this.#owner.isTaken(this.#lastNumber));
    return this.#lastNumber;
  }

  freshId(): number | undefined {
    return this.#socket.nextId();
  }

  /** When there is something to do for the request that is under way; Infinity where there is none. */
  get dueMs(): number {
    const exchange = this.#exchange;
    if (exchange === undefined) return Number.POSITIVE_INFINITY;
    if ((this.#queue?.length ?? 0) > mostWaiting) return 0;
    if (exchange.messageId < 0) return exchange.againMs;
    return Math.min(exchange.againMs, exchange.beganMs + this.#patienceMs);
  }

  /** Does what is due now. */
  turn(nowMs: number): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    if ((this.#queue?.length ?? 0) > mostWaiting) return this.#owner.onLost("too much is waiting to be sent");
    if (exchange.messageId < 0) return this.#begin(exchange);
    if (nowMs >= exchange.beganMs + this.#patienceMs) {
      return this.#owner.onLost(`no answer to ${exchange.transmissions} transmissions`);
    }
    if (nowMs >= exchange.againMs) this.#transmit(exchange, nowMs);
  }

  leave(): void {
    if (this.#exchange !== undefined) this.#socket.forget(this.#exchange.messageId);
    this.#exchange = undefined;
    this.#queue = undefined;
    this.#socket.leave(this.#key);
  }

  onResponse(message: Message): boolean {
    this.heardMs = this.#owner.nowMs;
    const number = requestOf(message.token);
    const exchange = this.#exchange;
    if (exchange !== undefined && exchange.messageId >= 0 && exchange.number === number) {
      if (message.type === messageType.ack && message.messageId !== exchange.messageId) return false;
      this.#answered(exchange, message);
      return true;
    }
    if (message.type !== messageType.ack && this.#owner.onNotified(number, message)) return true;
    const isRecent = ((this.#lastNumber - number) & 0xffff) < recentRequests;
    return isRecent && observeField(message.options) === undefined;
  }

  onAccepted(messageId: number): void {
    this.heardMs = this.#owner.nowMs;
    const exchange = this.#exchange;
    if (exchange === undefined || exchange.messageId !== messageId) return;
    // The response comes separately; until then there is nothing to send again (RFC 7252 §5.2.2).
    exchange.againMs = Number.POSITIVE_INFINITY;
    this.#owner.onDue();
  }

  onReset(messageId: number): void {
    this.heardMs = this.#owner.nowMs;
    const exchange = this.#exchange;
    if (exchange === undefined || exchange.messageId !== messageId) return;
    this.#owner.onReset(exchange.ask);
    this.#goOnAfter(exchange);
  }

  onRequest(message: Message): Buffer | undefined {
    return this.#owner.onRequest(message);
  }

  onGone(why: string): void {
    this.#owner.onLost(why);
  }

  /** Sends the exchange, or its next block, as a new message; not yet where the server wants to be spared. */
  #begin(exchange: LeanExchange): void {
    this.#exchange = exchange;
    const { nowMs, self } = this.#owner;
    const messageId = nowMs < this.#pausedUntilMs ? undefined : this.#socket.nextId();
    exchange.messageId = messageId ?? -1;
    if (messageId === undefined) {
      exchange.againMs = Math.max(this.#pausedUntilMs, nowMs + idWaitMs);
      return this.#owner.onDue();
    }
    const { ask } = exchange;
    exchange.number = ask.kind === "observe" ? ask.observation.number : this.nextNumber();
    const { options, ...content } = contentOf(exchange, self);
    exchange.bytes = encode({
      ...content,
      type: messageType.con,
      messageId,
      token: tokenOf(this.#key, exchange.number),
      options: this.#echo === undefined ? options : [...options, option(optionNumber.echo, this.#echo)],
    });
    const { ackTimeoutMs, ackRandomFactor } = standardTransmission;
    exchange.beganMs = nowMs;
    exchange.transmissions = 0;
    exchange.timeoutMs = ackTimeoutMs * (1 + this.#random.next() * (ackRandomFactor - 1));
    this.#socket.await(messageId, this);
    this.#transmit(exchange, nowMs);
    this.#owner.onDue();
  }

  #transmit(exchange: LeanExchange, nowMs: number): void {
    exchange.transmissions++;
    const isLast = exchange.transmissions > standardTransmission.maxRetransmit;
    exchange.againMs = isLast ? Number.POSITIVE_INFINITY : nowMs + exchange.timeoutMs;
    exchange.timeoutMs *= 2;
    this.#socket.send(exchange.bytes);
  }

  #answered(exchange: LeanExchange, message: Message): void {
    this.#socket.forget(exchange.messageId);
    const { code: said, options } = message;
    const echo = valueOf(options, optionNumber.echo);
    if (echo !== undefined) this.#echo = Buffer.from(echo);
    const isChallenge = said === code.unauthorized && echo !== undefined && exchange.echoes++ < mostEchoes;
    if (isChallenge || takesNextBlock(exchange, message)) return this.#begin(exchange);
    if (isBusy(said) && !this.#owner.isConnecting) {
      const pauseS = Math.min(uintField(options, optionNumber.maxAge) ?? usualPauseS, longestPauseS);
      this.#pausedUntilMs = this.#owner.nowMs + pauseS * 1_000;
      return this.#begin(exchange);
    }
    this.#owner.onAnswered(exchange.ask, message);
    this.#goOnAfter(exchange);
  }

  /** The next one in the line, unless the line was left meanwhile. */
  #goOnAfter(exchange: LeanExchange): void {
    if (this.#exchange !== exchange) return;
    this.#socket.forget(exchange.messageId);
    this.#exchange = undefined;
    const next = this.#queue?.shift();
    if (this.#queue?.length === 0) this.#queue = undefined;
    if (next === undefined) this.#owner.onDue();
    else this.#begin(new LeanExchange(next));
  }

  /** As with MQTT a question may stay unanswered for one keep alive; RFC 7252 §4.8.1 lets MAX_RETRANSMIT be chosen freely. */
  get #patienceMs(): number {
    return Math.min(longestWaitMs, this.#owner.self.manner.keepAliveS * 1_000);
  }
}

function isBusy(said: number): boolean {
  return said === code.serviceUnavailable || said === code.tooManyRequests;
}

function takesNextBlock(exchange: LeanExchange, { code: said, options }: Message): boolean {
  const block = blockField(options, optionNumber.block1);
  if (said === code.continue && exchange.hasMore) {
    exchange.goOn(block?.szx ?? exchange.block.szx);
    return true;
  }
  if (said !== code.requestEntityTooLarge || block === undefined || block.szx >= exchange.block.szx) return false;
  exchange.block = { number: 0, szx: block.szx };
  return true;
}
