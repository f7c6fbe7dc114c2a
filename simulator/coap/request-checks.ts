import { code } from "./code.ts";
import type { EchoChallenge } from "./echo-challenge.ts";
import { blockField, roughTextsOf, textsOf, valueOf } from "./fields.ts";
import { type Option, option, optionNumber } from "./option.ts";
import { unrecognizedCritical } from "./option-rules.ts";
import type { CoapResponse, CoapServerKnobs } from "./serving.ts";
import type { Turn } from "./turn.ts";

/** Why a request is not carried out: a response, or a rejection by RST. */
export type Fault = { readonly kind: "response"; readonly response: CoapResponse } | { readonly kind: "reset" };

const fault = (codeByte: number, options?: readonly Option[]): Fault => ({
  kind: "response",
  response: options === undefined ? { code: codeByte } : { code: codeByte, options },
});
const greatestMethod = code.iPatch;
const reservedSzx = 7;

/** Where a request is going. */
export interface Way {
  readonly path: readonly string[];
  readonly query: readonly string[];
}

/** Whether the form of a request is what RFC 7252 §5.4, §5.8 and RFC 7959 §2.2 demand; undefined where it is. */
export function faultIn({ message }: Turn): Fault | undefined {
  const { options } = message;
  if (unrecognizedCritical(options) !== undefined) {
    // RFC 7252 §5.4.1: a NON is rejected, because it expects no word of error.
    return message.type === 0 ? fault(code.badOption) : { kind: "reset" };
  }
  if (message.code > greatestMethod) return fault(code.methodNotAllowed);
  for (const number of [optionNumber.block1, optionNumber.block2]) {
    if (blockField(options, number)?.szx === reservedSzx) return fault(code.badRequest);
  }
  return undefined;
}

/** Path and query; undefined where one of them is not UTF-8 and the reader is strict. */
export function wayOf(options: readonly Option[], isLenient: boolean): Way | undefined {
  if (isLenient) {
    return { path: roughTextsOf(options, optionNumber.uriPath), query: roughTextsOf(options, optionNumber.uriQuery) };
  }
  const path = textsOf(options, optionNumber.uriPath);
  const query = textsOf(options, optionNumber.uriQuery);
  return path === undefined || query === undefined ? undefined : { path, query };
}

/** GET and FETCH change nothing (RFC 7252 §5.1, RFC 8132 §2). */
export function isSafe(codeByte: number): boolean {
  return codeByte === code.get || codeByte === code.fetch;
}

/**
 * Asks for an Echo where the request changes something and nothing but its address says whose it is (RFC 9175 §2.4).
 * A good Echo also proves the address. Undefined where the request may go on.
 */
export function staleIn(
  turn: Turn,
  challenge: EchoChallenge,
  { freshness }: Pick<CoapServerKnobs, "freshness">,
): CoapResponse | undefined {
  const { message, from } = turn;
  const echo = valueOf(message.options, optionNumber.echo);
  const isFresh = echo !== undefined && challenge.accept(echo, from);
  if (isFresh || freshness === "none" || isSafe(message.code) || from.peer.identity !== undefined) return undefined;
  return { code: code.unauthorized, options: [option(optionNumber.echo, challenge.issue(from))] };
}
