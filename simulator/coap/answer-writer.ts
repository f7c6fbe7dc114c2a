import { type Block, blockBytes, blockOption, greatestSzx } from "./block.ts";
import { code, isSuccess } from "./code.ts";
import type { EchoChallenge } from "./echo-challenge.ts";
import { Etags } from "./etags.ts";
import { asBuffer, blockField, uintField } from "./fields.ts";
import type { KnownPeer } from "./known-peers.ts";
import { encode, type MessageType } from "./message.ts";
import { type Option, option, optionNumber } from "./option.ts";
import type { CoapResponse } from "./serving.ts";

/** What was asked, as far as the form of the answer depends on it. */
export interface Asked {
  readonly code: number;
  readonly options: readonly Option[];
  readonly token: Uint8Array;
  /** What the representation belongs to. */
  readonly place: string;
  readonly from: KnownPeer;
}

/** How the answer travels. */
export interface Envelope {
  readonly type: MessageType;
  readonly messageId: number;
  /** Most bytes of the message; Infinity where the address is proven. */
  readonly room: number;
  /** Options of the engine itself: Observe, Block1, Echo. */
  readonly own: readonly Option[];
}

const none: Buffer = Buffer.alloc(0);
const noOptions: readonly Option[] = [];

/** Gives answers the form that was asked for: whole, or one block of it (RFC 7959 §2.4), or only the word that it is still valid. */
export class AnswerWriter {
  readonly #etags = new Etags();
  readonly #isLenient: boolean;
  readonly #challenge: EchoChallenge;

  constructor(isLenient: boolean, challenge: EchoChallenge) {
    this.#isLenient = isLenient;
    this.#challenge = challenge;
  }

  write(asked: Asked, response: CoapResponse, envelope: Envelope): Uint8Array {
    const body = bytesOf(response.payload);
    const wanted = blockField(asked.options, optionNumber.block2);
    const szx = Math.min(wanted?.szx ?? greatestSzx, greatestSzx);
    const isPlain = wanted === undefined && body.length <= blockBytes(szx);
    if (!isSuccess(response.code)) return this.#error(asked, response, body, envelope);
    if (this.#isStillValid(asked, response, body)) return this.#valid(asked, body, envelope);
    if (isPlain) {
      const whole = message(asked, response.code, response.options, body, envelope);
      if (whole.length <= envelope.room) return whole;
    }
    return this.#block(asked, response, body, { number: wanted?.number ?? 0, more: false, szx }, envelope);
  }

  /** The block that was asked for, in as large a piece as there is room for. */
  #block(asked: Asked, response: CoapResponse, body: Buffer, wanted: Block, envelope: Envelope): Uint8Array {
    const offset = wanted.number * blockBytes(wanted.szx);
    if (offset >= body.length && wanted.number > 0 && !this.#isLenient) {
      return message(asked, code.badRequest, undefined, none, envelope);
    }
    const tag = option(optionNumber.etag, this.#etags.of(asked.place, body));
    const write = (szx: number, more: readonly Option[]): Uint8Array => {
      const end = offset + blockBytes(szx);
      const block = { number: offset / blockBytes(szx), more: end < body.length, szx };
      const own = [...(response.options ?? noOptions), ...sizeOf(asked, body), ...more];
      if (block.more || offset > 0) own.push(tag);
      own.push(blockOption(optionNumber.block2, block));
      return message(asked, response.code, own, body.subarray(offset, end), envelope);
    };
    if (envelope.room === Number.POSITIVE_INFINITY) return write(wanted.szx, noOptions);
    // Who shows this Echo with the next request gets larger blocks (RFC 9175 §2.4).
    const echo = offset === 0 ? [option(optionNumber.echo, this.#challenge.issue(asked.from))] : noOptions;
    for (const more of [echo, noOptions]) {
      for (let szx = wanted.szx; szx >= 0; szx--) {
        const bytes = write(szx, more);
        if (bytes.length <= envelope.room) return bytes;
      }
    }
    return write(0, noOptions);
  }

  #error(asked: Asked, response: CoapResponse, body: Buffer, envelope: Envelope): Uint8Array {
    const whole = message(asked, response.code, response.options, body.subarray(0, blockBytes(greatestSzx)), envelope);
    return whole.length <= envelope.room ? whole : message(asked, response.code, response.options, none, envelope);
  }

  #isStillValid(asked: Asked, response: CoapResponse, body: Buffer): boolean {
    if (asked.code !== code.get || response.code !== code.content) return false;
    return asked.options.some(
      ({ number, value }) => number === optionNumber.etag && value.equals(this.#etags.of(asked.place, body)),
    );
  }

  #valid(asked: Asked, body: Buffer, envelope: Envelope): Uint8Array {
    const tag = option(optionNumber.etag, this.#etags.of(asked.place, body));
    return message(asked, code.valid, [tag], none, envelope);
  }
}

/** What a handler gave as text or bytes. */
export function bytesOf(payload: Uint8Array | string | undefined): Buffer {
  if (payload === undefined) return none;
  if (typeof payload === "string") return Buffer.from(payload);
  return asBuffer(payload);
}

function message(
  { token }: Asked,
  codeByte: number,
  options: readonly Option[] = noOptions,
  payload: Uint8Array,
  { type, messageId, own }: Envelope,
): Uint8Array {
  const all = own.length === 0 ? options : [...options, ...own];
  return encode({ type, code: codeByte, messageId, token, options: all, payload });
}

/** Size2 goes to who asks for it (RFC 7959 §4). */
function sizeOf(asked: Asked, body: Buffer): readonly Option[] {
  const isAskedFor = uintField(asked.options, optionNumber.size2) !== undefined;
  return isAskedFor ? [option(optionNumber.size2, body.length)] : noOptions;
}
