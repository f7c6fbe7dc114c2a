import { codeText } from "#simulator/coap/code.ts";
import { decode, isMessage, messageType } from "#simulator/coap/message.ts";
import type { Heard } from "#simulator/coap/probe.ts";

/**
 * What came back, in a word: `silent`, `rst`, `ack` for an empty one, `2.05`; `malformed 2.05` and `junk` for what is no
 * message, `foreign token` for a response that repeats another token than this one.
 * Vectors say in the same words what may come back, with `any` for whatever, and `4.xx` for any code of a class.
 */
export function answerOf(heard: Pick<Heard, "bytes"> | undefined, token?: Uint8Array): string {
  if (heard === undefined) return "silent";
  const message = decode(heard.bytes, { extendedTokens: true });
  if (!isMessage(message)) return message.header === undefined ? "junk" : `malformed ${codeText(message.header.code)}`;
  if (message.type === messageType.rst) return "rst";
  if (message.code === 0) return "ack";
  if (token !== undefined && Buffer.compare(message.token, token) !== 0) return "foreign token";
  return codeText(message.code);
}

export function isAllowed(answer: string, allowed: readonly string[]): boolean {
  return allowed.some((one) => one === "any" || one === answer || (one.endsWith(".xx") && isOfClass(one, answer)));
}

function isOfClass(one: string, answer: string): boolean {
  return /^\d\.\d\d$/.test(answer) && one[0] === answer[0];
}
