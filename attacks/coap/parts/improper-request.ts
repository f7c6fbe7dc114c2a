import type { Random } from "#contract/bench.ts";
import { code } from "#simulator/coap/code.ts";
import { encode, messageType } from "#simulator/coap/message.ts";
import { pathOptions } from "#simulator/coap/option.ts";
import { wellKnownCore } from "./serving.ts";

/** What nobody may answer that came by multicast (RFC 7252 §8.1, §8.2). */
export const improperRequests = [
  "a confirmable GET",
  "a malformed message",
  "a reserved code class",
  "a path that does not exist",
] as const;
export type ImproperRequest = (typeof improperRequests)[number];

export function improperDatagram(random: Random, request: ImproperRequest): Buffer {
  if (request === "a confirmable GET") return get(random, messageType.con, wellKnownCore);
  if (request === "a path that does not exist") return get(random, messageType.non, "seatrial-nothing-here");
  // The option that begins with F0 has a reserved delta (RFC 7252 §3.1); codes of class 1 are reserved (§4.2).
  if (request === "a malformed message") return Buffer.of(0x50, code.get, 0x12, 0x34, 0xf0);
  return Buffer.of(0x50, 0x20, 0x12, 0x35);
}

function get(random: Random, type: 0 | 1, path: string): Buffer {
  return encode({
    type,
    code: code.get,
    messageId: random.integer(0, 0x10000),
    token: Buffer.from(random.hex(4), "hex"),
    options: pathOptions(path),
    payload: Buffer.alloc(0),
  });
}
