import { bytesOf } from "../coap/answer-writer.ts";
import { blockBytes, blockOption, greatestSzx } from "../coap/block.ts";
import { code, isSuccess } from "../coap/code.ts";
import { blockField } from "../coap/fields.ts";
import { optionNumber } from "../coap/option.ts";
import type { CoapResponse } from "../coap/serving.ts";
import { encodeFrame, type Frame } from "../coap/tcp-framing.ts";

/** Room for header, token and options beside a block. */
const headroomBytes = 64;

/**
 * The frame that answers: whole, or the block that was asked for (RFC 8323 §6); of what the other side said it cannot
 * take, the first block.
 */
export function answerFrame(asked: Frame, response: CoapResponse, longestBytes: number): Buffer {
  const body = bytesOf(response.payload);
  const options = response.options ?? [];
  const { token } = asked;
  const whole = { code: response.code, token, options, payload: body };
  const wanted = blockField(asked.options, optionNumber.block2);
  if (!isSuccess(response.code)) return encodeFrame(whole);
  if (wanted === undefined && body.length + headroomBytes <= longestBytes) return encodeFrame(whole);
  const szx = Math.min(wanted?.szx ?? greatestSzx, greatestSzx);
  const from = (wanted?.number ?? 0) * blockBytes(szx);
  if (from > 0 && from >= body.length)
    return encodeFrame({ ...whole, code: code.badRequest, options: [], payload: none });
  const to = from + blockBytes(szx);
  const block = blockOption(optionNumber.block2, { number: wanted?.number ?? 0, more: to < body.length, szx });
  return encodeFrame({ ...whole, options: [...options, block], payload: body.subarray(from, to) });
}

const none = Buffer.alloc(0);
