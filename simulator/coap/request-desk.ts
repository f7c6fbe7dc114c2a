import { bytesOf } from "./answer-writer.ts";
import { type Block, blockBytes, blockOption } from "./block.ts";
import { code, isSuccess } from "./code.ts";
import type { EchoChallenge } from "./echo-challenge.ts";
import { asBuffer, blockField, observeField } from "./fields.ts";
import type { HeldBodies } from "./held-bodies.ts";
import { messageType } from "./message.ts";
import type { Observers } from "./observers.ts";
import { type Option, option, optionNumber } from "./option.ts";
import { faultIn, isSafe, staleIn, type Way, wayOf } from "./request-checks.ts";
import type { Responder } from "./responder.ts";
import type { CoapHandler, CoapRequest, CoapResponse, CoapServerKnobs } from "./serving.ts";
import type { Turn } from "./turn.ts";
import type { Uploads } from "./uploads.ts";

/** The parts of a server that a request passes. */
export interface DeskParts {
  readonly knobs: CoapServerKnobs;
  readonly isMulticast: boolean;
  readonly handle: CoapHandler;
  isObservable(path: readonly string[]): boolean;
  readonly challenge: EchoChallenge;
  readonly uploads: Uploads;
  readonly held: HeldBodies;
  readonly observers: Observers;
  readonly responder: Responder;
  reset(turn: Turn): void;
}

const noOptions: readonly Option[] = [];
/** Shorter bodies fit the smallest block. */
const smallestBlock = blockBytes(0);

/** Where requests are checked, their bodies put together, and the resource is asked. */
export class RequestDesk {
  readonly #parts: DeskParts;
  readonly #isLenient: boolean;
  /** RFC 7252 §8.1, §11.3: a group is only asked, by NON, and told nothing to do. */
  readonly #isCareful: boolean;

  constructor(parts: DeskParts) {
    this.#parts = parts;
    this.#isLenient = parts.knobs.messageParsing === "lenient";
    this.#isCareful = parts.isMulticast && parts.knobs.multicast === "careful";
  }

  take(turn: Turn): void {
    const { message } = turn;
    const { responder, challenge, knobs } = this.#parts;
    if (this.#isCareful && (message.type !== messageType.non || !isSafe(message.code))) return;
    const fault = this.#isLenient ? undefined : faultIn(turn);
    if (fault?.kind === "reset") return this.#parts.reset(turn);
    if (fault !== undefined) return responder.respond(turn, fault.response);
    const way = wayOf(message.options, this.#isLenient);
    if (way === undefined) return responder.respond(turn, { code: code.badRequest });
    turn.place = placeOf(way);
    const block = blockField(message.options, optionNumber.block1);
    const isGoingOn = block !== undefined && this.#parts.uploads.continues(this.#uploaded(turn, block));
    const stale = isGoingOn ? undefined : staleIn(turn, challenge, knobs);
    if (stale !== undefined) return responder.respond(turn, stale);
    if (block !== undefined && !isSafeWithoutBody(message.code)) return this.#upload(turn, way, block);
    if (this.#isTooLarge(message.payload)) return responder.respond(turn, this.#tooLarge());
    this.#ask(turn, way, asBuffer(message.payload), noOptions);
  }

  #upload(turn: Turn, way: Way, block: Block): void {
    const { uploads, responder } = this.#parts;
    const own = [blockOption(optionNumber.block1, { ...block, szx: Math.min(block.szx, 6) })];
    const taken = uploads.take(this.#uploaded(turn, block));
    if (taken.kind === "whole") return this.#ask(turn, way, taken.body, own);
    if (taken.kind === "more") return responder.respond(turn, { code: code.continue }, own);
    responder.respond(turn, { code: taken.code, options: taken.options ?? noOptions });
  }

  #ask(turn: Turn, way: Way, payload: Buffer, own: readonly Option[]): void {
    const { responder, handle } = this.#parts;
    const earlier = this.#heldFor(turn);
    if (earlier !== undefined) return responder.respond(turn, earlier, own);
    const request = this.#requestOf(turn, way, payload);
    try {
      const response = handle(request);
      if (response instanceof Promise) void this.#await(turn, request, response, own);
      else this.#answered(turn, request, response, own);
    } catch {
      this.#answered(turn, request, { code: code.internalServerError }, own);
    }
  }

  async #await(
    turn: Turn,
    request: CoapRequest,
    awaited: Promise<CoapResponse | undefined>,
    own: readonly Option[],
  ): Promise<void> {
    let isRefused = false;
    const stopWaiting = this.#parts.responder.whenLate(() => {
      isRefused = !this.#parts.responder.acknowledge(turn);
    });
    const response = await awaited.catch(() => ({ code: code.internalServerError }));
    stopWaiting();
    if (!isRefused) this.#answered(turn, request, response, own);
  }

  #answered(turn: Turn, request: CoapRequest, response: CoapResponse | undefined, own: readonly Option[]): void {
    const { responder } = this.#parts;
    if (response === undefined) return responder.drop(turn);
    const options = this.#observe(turn, request, response, own);
    this.#hold(turn, response);
    const { separateAfterMs } = response;
    if (separateAfterMs === undefined || turn.isAcknowledged) return responder.respond(turn, response, options);
    responder.respondLater(turn, response, options, separateAfterMs);
  }

  /** Registers and cancels observers; a registration puts its number into the answer. */
  #observe(turn: Turn, request: CoapRequest, response: CoapResponse, own: readonly Option[]): readonly Option[] {
    const { observers, isMulticast } = this.#parts;
    const observe = turn.message.code === code.get ? observeField(turn.message.options) : undefined;
    if (observe === undefined || isMulticast) return own;
    if (observe === 1) observers.cancel(turn.from, turn.message.token);
    if (observe !== 0 || !isSuccess(response.code) || !this.#parts.isObservable(request.path)) return own;
    const sequence = observers.register(turn, request);
    return sequence === undefined ? own : [...own, option(optionNumber.observe, sequence)];
  }

  /** The body whose next block is asked for, where it is kept; 4.08 where it had to be kept and is not there. */
  #heldFor(turn: Turn): CoapResponse | undefined {
    const { message } = turn;
    const wanted = blockField(message.options, optionNumber.block2);
    if (wanted === undefined || wanted.number === 0) return undefined;
    const isRead = message.code === code.get;
    if (isRead && this.#parts.knobs.blockAccess === "every-block") return undefined;
    const held = this.#parts.held.find(this.#heldKey(turn));
    if (held !== undefined) return { code: held.code, options: held.options, payload: held.body };
    return isRead ? undefined : { code: code.requestEntityIncomplete };
  }

  #hold(turn: Turn, response: CoapResponse): void {
    const isRead = turn.message.code === code.get;
    if (isRead && this.#parts.knobs.blockAccess === "every-block") return;
    const body = bytesOf(response.payload);
    if (body.length <= smallestBlock || !isSuccess(response.code)) return;
    this.#parts.held.keep(this.#heldKey(turn), { code: response.code, options: response.options ?? noOptions, body });
  }

  #heldKey({ message, from, place }: Turn): string {
    return message.code === code.get ? place : `${from.key} ${message.code} ${place}`;
  }

  #requestOf({ from, message, atMs }: Turn, { path, query }: Way, payload: Buffer): CoapRequest {
    return {
      peer: from.peer,
      code: message.code,
      path,
      query,
      options: message.options,
      payload,
      isMulticast: this.#parts.isMulticast,
      isAddressProven: from.provenUntilMs > atMs,
    };
  }

  #uploaded({ message, from, place }: Turn, block: Block) {
    const sized = { ...block, szx: Math.min(block.szx, 6) };
    const { code: asked, options, payload } = message;
    return { from, code: asked, place, block: sized, options, payload: asBuffer(payload) };
  }

  #isTooLarge({ length }: Uint8Array): boolean {
    const { maxBodyBytes } = this.#parts.knobs;
    return maxBodyBytes > 0 && length > maxBodyBytes;
  }

  #tooLarge(): CoapResponse {
    const options = [option(optionNumber.size1, this.#parts.knobs.maxBodyBytes)];
    return { code: code.requestEntityTooLarge, options };
  }
}

function isSafeWithoutBody(codeByte: number): boolean {
  return codeByte === code.get || codeByte === code.delete;
}

function placeOf({ path, query }: Way): string {
  const way = path.length === 1 ? (path[0] ?? "") : path.join("/");
  return query.length === 0 ? way : `${way}?${query.join("&")}`;
}
