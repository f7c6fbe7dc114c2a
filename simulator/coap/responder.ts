import type { Bench } from "#contract/bench.ts";
import type { DatagramPort } from "../udp/datagram.ts";
import { type AnswerWriter, type Asked, bytesOf } from "./answer-writer.ts";
import { code, isSuccess } from "./code.ts";
import { emptyMessage } from "./empty-message.ts";
import { messageType } from "./message.ts";
import { type Option, option, optionNumber } from "./option.ts";
import type { Outbox } from "./outbox.ts";
import type { RememberedExchanges } from "./remembered-exchanges.ts";
import type { CoapResponse, CoapServerKnobs } from "./serving.ts";
import { type Timed, type Timers, unset } from "./timers.ts";
import { leisureMs, piggybackWithinMs } from "./transmission.ts";
import type { Turn } from "./turn.ts";

/** To an address that is not proven no answer is longer than so many times its request (RFC 9175 §2.4). */
const amplification = 3;
const noOptions: readonly Option[] = [];

/** What answers pass on their way. */
export interface ResponderParts {
  readonly timers: Timers;
  readonly outbox: Outbox;
  readonly writer: AnswerWriter;
  readonly remembered: RememberedExchanges;
}

type Knobs = Pick<CoapServerKnobs, "firstResponse" | "maxPendingSeparate">;

/** Sends the answers: in the ACK, separately, as NON, or to a group's request after a while. */
export class Responder {
  readonly #port: DatagramPort;
  readonly #bench: Pick<Bench, "clock" | "random">;
  readonly #timers: Timers;
  readonly #outbox: Outbox;
  readonly #writer: AnswerWriter;
  readonly #remembered: RememberedExchanges;
  readonly #knobs: Knobs;
  /** Answers to multicast requests are for those who have something to say, and come spread over Leisure (RFC 7252 §8.2). */
  readonly #isLeisurely: boolean;
  pendingSeparate = 0;

  constructor(
    port: DatagramPort,
    bench: Pick<Bench, "clock" | "random">,
    parts: ResponderParts,
    knobs: Knobs,
    isLeisurely: boolean,
  ) {
    this.#port = port;
    this.#bench = bench;
    this.#timers = parts.timers;
    this.#outbox = parts.outbox;
    this.#writer = parts.writer;
    this.#remembered = parts.remembered;
    this.#knobs = knobs;
    this.#isLeisurely = isLeisurely;
  }

  /** @param own options of the engine. */
  respond(turn: Turn, response: CoapResponse, own: readonly Option[] = noOptions): void {
    if (this.#isLeisurely) return this.#respondAtLeisure(turn, response, own);
    if (turn.isAcknowledged) return this.#sendSeparately(turn, response, own);
    this.#send(turn, response, own);
  }

  /** Acknowledges at once, and answers after `afterMs`; 5.03 where too many wait already. */
  respondLater(turn: Turn, response: CoapResponse, own: readonly Option[], afterMs: number): void {
    if (this.#isLeisurely) return this.#respondAtLeisure(turn, response, own);
    if (!this.acknowledge(turn)) return;
    this.#after(afterMs, () => this.#sendSeparately(turn, response, own));
  }

  /** Calls back where the response takes longer than it may to go into the ACK. Returns what stops that. */
  whenLate(late: () => void): () => void {
    const timed = this.#after(piggybackWithinMs, late);
    return () => this.#timers.cancel(timed);
  }

  /** Sends the empty ACK that announces a separate response, or 5.03 where too many are awaited; then false. */
  acknowledge(turn: Turn): boolean {
    const { maxPendingSeparate } = this.#knobs;
    if (maxPendingSeparate > 0 && this.pendingSeparate >= maxPendingSeparate) {
      this.respond(turn, { code: code.serviceUnavailable, options: [option(optionNumber.maxAge, 5)] });
      return false;
    }
    turn.isAcknowledged = true;
    this.pendingSeparate++;
    if (!turn.isConfirmable) return true;
    const ack = emptyMessage(messageType.ack, turn.message.messageId);
    if (turn.remembered !== undefined) this.#remembered.answer(turn.remembered, ack);
    this.#port.send(ack, turn.from.peer);
    return true;
  }

  /** Nothing is said to a turn that was acknowledged. */
  drop(turn: Turn): void {
    if (turn.isAcknowledged) this.pendingSeparate--;
  }

  #send(turn: Turn, response: CoapResponse, own: readonly Option[]): void {
    const type = turn.isConfirmable ? messageType.ack : messageType.non;
    const messageId = turn.isConfirmable ? turn.message.messageId : this.#outbox.nextId();
    const bytes = this.#writer.write(askedIn(turn), response, { type, messageId, room: this.roomFor(turn), own });
    if (turn.isConfirmable && turn.remembered !== undefined) this.#remembered.answer(turn.remembered, bytes);
    this.#port.send(bytes, turn.from.peer);
  }

  #sendSeparately(turn: Turn, response: CoapResponse, own: readonly Option[]): void {
    const write = (type: 0 | 1, messageId: number) =>
      this.#writer.write(askedIn(turn), response, { type, messageId, room: this.roomFor(turn), own });
    if (!turn.isConfirmable) {
      this.pendingSeparate--;
      return this.#port.send(write(messageType.non, this.#outbox.nextId()), turn.from.peer);
    }
    this.#outbox.sendConfirmable(turn.from, {
      encode: (messageId) => write(messageType.con, messageId),
      ended: () => void this.pendingSeparate--,
    });
  }

  #respondAtLeisure(turn: Turn, response: CoapResponse, own: readonly Option[]): void {
    this.drop(turn);
    if (!isSuccess(response.code) || bytesOf(response.payload).length === 0) return;
    this.#after(this.#bench.random.next() * leisureMs, () => this.#send(turn, response, own));
  }

  /** Most bytes that may go to who asked. */
  roomFor({ from, size, atMs }: Pick<Turn, "from" | "size" | "atMs">): number {
    const isProven = this.#knobs.firstResponse === "whole" || from.provenUntilMs > atMs;
    return isProven ? Number.POSITIVE_INFINITY : amplification * size;
  }

  #after(ms: number, onTime: () => void): Timed {
    const timed = { tick: unset, seat: unset, onTime };
    this.#timers.set(timed, ms);
    return timed;
  }
}

function askedIn({ message: { code: asked, options, token }, place, from }: Turn): Asked {
  return { code: asked, options, token, place, from };
}
