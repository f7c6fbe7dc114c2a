import { code, isSuccess } from "#simulator/coap/code.ts";
import type { CoapReply } from "#simulator/coap/reply.ts";

/** Whether a reply holds the text; undefined where it says neither yes nor no. */
export function gave(reply: CoapReply | undefined, text: string): boolean | undefined {
  if (reply === undefined) return undefined;
  if (reply.payload.includes(text)) return true;
  return isSuccess(reply.code) || saysNo(reply) ? false : undefined;
}

/** Whether a reply holds anything; undefined where it says neither yes nor no. */
export function gaveContent(reply: CoapReply | undefined): boolean | undefined {
  if (reply === undefined) return undefined;
  if (isSuccess(reply.code)) return reply.payload.length > 0;
  return saysNo(reply) ? false : undefined;
}

/** Whether a request was carried out, by the class of its answer alone; undefined where that says neither yes nor no. */
export function wasTaken(reply: CoapReply | undefined): boolean | undefined {
  if (reply === undefined) return undefined;
  if (isSuccess(reply.code)) return true;
  return saysNo(reply) ? false : undefined;
}

/** Whether a reply is a no to this request. `Too Many Requests`, `Service Unavailable` and failures say nothing about rights. */
export function saysNo({ code: answered }: Pick<CoapReply, "code">): boolean {
  if (answered === code.tooManyRequests) return false;
  if (answered >> 5 === 4) return true;
  return answered === code.notImplemented || answered === code.proxyingNotSupported;
}
