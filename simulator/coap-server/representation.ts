import { code } from "../coap/code.ts";
import { contentFormat, type Option, option, optionNumber, uintOf } from "../coap/option.ts";
import type { CoapRequest, CoapResponse } from "../coap/serving.ts";

/** 2.05 with a body of this content format. */
export function content(payload: Uint8Array | string, format: number = contentFormat.text): CoapResponse {
  return { code: code.content, options: [option(optionNumber.contentFormat, format)], payload };
}

/** The content format of a request's body; undefined where it names none. */
export function formatOf(request: Pick<CoapRequest, "options">): number | undefined {
  return numberIn(request.options, optionNumber.contentFormat);
}

/** The content format that a request asks for. */
export function acceptOf(request: Pick<CoapRequest, "options">): number | undefined {
  return numberIn(request.options, optionNumber.accept);
}

/** Value of `name=value` in the query; undefined where it is not there. */
export function queryOf({ query }: Pick<CoapRequest, "query">, name: string): string | undefined {
  return query.find((part) => part.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** The option's value as an unsigned integer; undefined where it is absent or too long. */
export function numberIn(options: readonly Option[], number: number): number | undefined {
  const found = options.find((each) => each.number === number);
  return found === undefined ? undefined : uintOf(found.value);
}

/** 4.12 where the request is for an existing, or for a new resource only, and it is not that (RFC 7252 §5.10.8). */
export function unmetPrecondition(
  { options }: Pick<CoapRequest, "options">,
  exists: boolean,
): CoapResponse | undefined {
  const has = (number: number) => options.some((each) => each.number === number);
  const unmet = exists ? has(optionNumber.ifNoneMatch) : has(optionNumber.ifMatch);
  return unmet ? { code: code.preconditionFailed } : undefined;
}
