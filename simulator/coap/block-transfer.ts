import { type Block, blockBytes, blockOption, greatestSzx, szxWithin } from "./block.ts";
import { code, isSuccess } from "./code.ts";
import { blockField, valueOf } from "./fields.ts";
import { type Option, option, optionNumber } from "./option.ts";
import { type CoapReply, Unanswered } from "./reply.ts";

/** One request and its response. */
export type SendOnce = (options: readonly Option[], payload: Uint8Array) => Promise<CoapReply>;

/** How bodies are taken apart and put together. */
export interface BlockLimits {
  /** Bytes of a block: 16, 32, … 1,024. */
  readonly blockSize: number;
  /** Longest body that is read. */
  readonly maxBodyBytes: number;
}

const none: Uint8Array = new Uint8Array();
/** How often a block is asked for, or sent, from the beginning, where nobody answered it. */
const mostTries = 3;
/** How often a body that changes while it is read is begun again. */
const mostRestarts = 3;

/**
 * Carries a request of any size out, block by block where it must (RFC 7959): uploads by Block1, follows Block2.
 * Throws where the other side breaks the rules of block-wise transfer.
 * @param requestTag tells this upload apart from others of the same client (RFC 9175 §3).
 */
export function transfer(
  send: SendOnce,
  ask: { readonly options: readonly Option[]; readonly payload: Uint8Array },
  limits: BlockLimits,
  requestTag: () => Uint8Array,
): Promise<CoapReply> {
  const { options, payload } = ask;
  const szx = szxWithin(limits.blockSize);
  // Early negotiation (RFC 7959 §2.4): only who wants smaller blocks than the usual ones says so.
  const negotiated =
    szx < greatestSzx ? [...options, blockOption(optionNumber.block2, { number: 0, more: false, szx })] : options;
  if (payload.length > blockBytes(szx)) {
    return upload(send, negotiated, payload, szx, requestTag()).then((last) =>
      download(send, options, last, szx, limits),
    );
  }
  return send(negotiated, payload).then((first) => {
    if (first.code !== code.requestEntityTooLarge) return download(send, options, first, szx, limits);
    // A server may want in blocks what would have fitted one (RFC 7959 §2.9.3).
    const hint = blockField(first.options, optionNumber.block1);
    const isWanted = hint !== undefined && hint.szx < szx && payload.length > blockBytes(hint.szx);
    return isWanted ? upload(send, negotiated, payload, hint.szx, requestTag()) : first;
  });
}

async function upload(
  send: SendOnce,
  options: readonly Option[],
  payload: Uint8Array,
  firstSzx: number,
  tag: Uint8Array,
): Promise<CoapReply> {
  const always = [...options, option(optionNumber.requestTag, tag)];
  let szx = firstSzx;
  for (let at = 0; ; ) {
    const end = Math.min(at + blockBytes(szx), payload.length);
    const block: Block = { number: at / blockBytes(szx), more: end < payload.length, szx };
    const size = at === 0 ? [option(optionNumber.size1, payload.length)] : [];
    const numbered = [...always, blockOption(optionNumber.block1, block), ...size];
    // The last one may have had its effect, so it is not sent as another message.
    const reply = await patiently(block.more ? mostTries : 1, () => send(numbered, payload.subarray(at, end)));
    const said = blockField(reply.options, optionNumber.block1);
    const isSmaller = said !== undefined && said.szx < szx;
    if (reply.code === code.requestEntityTooLarge && isSmaller && at === 0) {
      szx = said.szx;
      continue;
    }
    if (!block.more || reply.code !== code.continue) return reply;
    // The whole block was taken, whatever size the next ones are to have (RFC 7959 §2.3).
    at = end;
    if (isSmaller) szx = said.szx;
  }
}

function download(
  send: SendOnce,
  options: readonly Option[],
  first: CoapReply,
  wantedSzx: number,
  { maxBodyBytes }: BlockLimits,
): CoapReply | Promise<CoapReply> {
  const block = blockField(first.options, optionNumber.block2);
  if (block === undefined || !block.more || block.number !== 0) return first;
  return downloadFrom(send, options, first, block, wantedSzx, maxBodyBytes).then((whole) => {
    // Only the answer to the registration itself says that there is an observation (RFC 7959 §2.6).
    const observe = first.options.filter(({ number }) => number === optionNumber.observe);
    const others = whole.options.filter(({ number }) => number !== optionNumber.observe);
    return { ...whole, options: [...observe, ...others] };
  });
}

async function downloadFrom(
  send: SendOnce,
  options: readonly Option[],
  first: CoapReply,
  firstBlock: Block,
  wantedSzx: number,
  maxBodyBytes: number,
): Promise<CoapReply> {
  let block: Block | undefined = firstBlock;
  const further = options.filter(({ number }) => number !== optionNumber.observe && number !== optionNumber.echo);
  let start = first;
  // A server that sends little before it knows our address sends more to who has shown its Echo (RFC 9175 §2.4).
  if (block.szx < wantedSzx && valueOf(first.options, optionNumber.echo) !== undefined) {
    start = await send(
      [...further, blockOption(optionNumber.block2, { number: 0, more: false, szx: wantedSzx })],
      none,
    );
    block = blockField(start.options, optionNumber.block2);
    if (block === undefined || !block.more) return start;
  }
  for (let restarts = 0; restarts <= mostRestarts; restarts++) {
    const whole = await follow(send, further, start, block, maxBodyBytes);
    if (whole !== "changed") return whole;
    start = await send(
      [...further, blockOption(optionNumber.block2, { number: 0, more: false, szx: block.szx })],
      none,
    );
    block = blockField(start.options, optionNumber.block2);
    if (block === undefined || !block.more) return start;
  }
  throw new Error("the body changed again and again while it was read");
}

async function follow(
  send: SendOnce,
  options: readonly Option[],
  first: CoapReply,
  firstBlock: Block,
  maxBodyBytes: number,
): Promise<CoapReply | "changed"> {
  const pieces = [first.payload];
  const tag = valueOf(first.options, optionNumber.etag);
  let block = firstBlock;
  let length = first.payload.length;
  for (;;) {
    if (pieces.at(-1)?.length !== blockBytes(block.szx)) throw new Error("a block before the last one is not full");
    if (length > maxBodyBytes) throw new Error(`the body is longer than ${maxBodyBytes} bytes`);
    const number = length / blockBytes(block.szx);
    const asked = [...options, blockOption(optionNumber.block2, { ...block, number, more: false })];
    const reply = await patiently(mostTries, () => send(asked, none));
    if (!isSuccess(reply.code)) return reply;
    const next = blockField(reply.options, optionNumber.block2);
    if (next === undefined || next.szx > 6 || next.number * blockBytes(next.szx) !== length) {
      throw new Error(`block ${number} was asked for, and another came`);
    }
    const tagNow = valueOf(reply.options, optionNumber.etag);
    if (!isSameTag(tag, tagNow)) return "changed";
    pieces.push(reply.payload);
    length += reply.payload.length;
    if (!next.more) {
      const others = first.options.filter(({ number: each }) => each !== optionNumber.block2);
      return { ...first, options: others, payload: Buffer.concat(pieces, length) };
    }
    block = next;
  }
}

function isSameTag(one: Buffer | undefined, other: Buffer | undefined): boolean {
  return one === undefined || other === undefined ? one === other : one.equals(other);
}

/** A long transfer should not fail for one block in thousands; what is over in time or heard to be refused is over. */
async function patiently(tries: number, work: () => Promise<CoapReply>): Promise<CoapReply> {
  for (let n = 1; ; n++) {
    try {
      return await work();
    } catch (cause) {
      if (n >= tries || !(cause instanceof Unanswered)) throw cause;
    }
  }
}
