import type { Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import { canary } from "#contract/canary.ts";
import { blockBytes, blockOption } from "#simulator/coap/block.ts";
import { code, codeText, isSuccess } from "#simulator/coap/code.ts";
import { type Message, messageType } from "#simulator/coap/message.ts";
import { type Option, option, optionNumber, pathOptions } from "#simulator/coap/option.ts";
import type { Probe } from "#simulator/coap/probe.ts";
import type { Asker } from "./access-asker.ts";
import { below } from "./access-path.ts";
import { askRightly } from "./message-rightful.ts";

/** One block of an upload as it is sent, be it in its place or not. */
export interface SentBlock {
  readonly number: number;
  readonly more: boolean;
  /** Size exponent: a block has 2 ** (4 + szx) bytes. */
  readonly szx: number;
  readonly payload: Uint8Array | string;
  /** Request-Tag, Size1. */
  readonly options?: readonly Option[];
  /** Of the whole upload; RFC 7959 leaves that free, and some servers tell uploads apart by it. At most 8 letters. */
  readonly token: string;
}

/** Where a body can be put and read again; undefined where nobody knows. */
export function uploadPath(bench: Bench, { resources }: Ground): string | undefined {
  if (resources?.upload !== undefined) return resources.upload;
  return resources?.creatable === undefined ? undefined : below(resources.creatable, canary(bench));
}

/** PUTs one block; undefined where no answer came. */
export async function sendBlock(
  probe: Probe,
  path: string,
  { number, more, szx, payload, options = [], token }: SentBlock,
  withinMs: number,
): Promise<Message | undefined> {
  const block = blockOption(optionNumber.block1, { number, more, szx });
  const question = {
    code: code.put,
    options: [...pathOptions(path), block, ...options],
    payload,
    token: Buffer.from(token),
  };
  return (await askRightly(probe, question, withinMs)).answer;
}

/** What was answered, in a word: `2.31`, `rst`, `silent`. */
export function wordOf(answer: Message | undefined): string {
  if (answer === undefined) return "silent";
  return answer.type === messageType.rst ? "rst" : codeText(answer.code);
}

/** Whether the server goes on with an upload, or has taken it. */
export function isTaken(answer: Message | undefined): boolean {
  return answer !== undefined && answer.type !== messageType.rst && isSuccess(answer.code);
}

/** A body of `count` blocks, each of one letter that tells it apart from blocks of other bodies. */
export function bodyOf(name: string, count: number, szx: number): readonly string[] {
  return Array.from({ length: count }, (_, n) => `${name}${n}`.padEnd(blockBytes(szx), name));
}

export function requestTag(name: string): Option {
  return option(optionNumber.requestTag, name);
}

/** How often a block is sent again that was answered "not now", and after how long. */
const patience = { tries: 3, everyMs: 1_100 } as const;

/** For controls: a body of two blocks is put there and read again. Throws where it is not so. */
export async function mustUpload(
  bench: Bench,
  { probe, asker, path }: { readonly probe: Probe; readonly asker: Asker; readonly path: string },
  withinMs: number,
): Promise<void> {
  const [first = "", second = ""] = bodyOf("c", 2, 0);
  for (const [number, payload] of [first, second].entries()) {
    const block = { number, more: number === 0, szx: 0, payload, token: "ordinary" };
    const answer = await sendPatiently(bench, () => sendBlock(probe, path, block, withinMs));
    if (!isTaken(answer)) throw new Error(`block ${number} of an ordinary upload was answered ${wordOf(answer)}`);
  }
  const read = await readBody(asker, path, withinMs);
  if (read !== first + second) throw new Error("an ordinary upload was not read as it was sent");
}

/** As a client does that is told 4.29 (RFC 8516) or 5.03 (RFC 7252 §5.9.3.4), as it may be right after an attack. */
async function sendPatiently(bench: Bench, send: () => Promise<Message | undefined>): Promise<Message | undefined> {
  let answer = await send();
  for (let n = 1; n < patience.tries && isNotNow(answer); n += 1) {
    await bench.clock.sleep(patience.everyMs, bench.signal);
    answer = await send();
  }
  return answer;
}

function isNotNow(answer: Message | undefined): boolean {
  return answer?.code === code.tooManyRequests || answer?.code === code.serviceUnavailable;
}

/** What is there; undefined where it is not answered with a success in time. */
export async function readBody(asker: Asker, path: string, withinMs: number): Promise<string | undefined> {
  try {
    const reply = await asker.ask({ code: code.get, path }, withinMs);
    return isSuccess(reply.code) ? reply.payload.toString() : undefined;
  } catch {
    return undefined;
  }
}
