import type { Peer } from "../udp/datagram.ts";
import type { Option } from "./option.ts";

/** What a server answered; an error code is an answer, too. The payload is whole, whatever blocks it came in. */
export interface CoapReply {
  readonly code: number;
  /** Of the first block, without Block2, where it came in several. */
  readonly options: readonly Option[];
  readonly payload: Buffer;
  readonly peer: Peer;
}

/** A confirmable message was sent as often as RFC 7252 §4.2 allows, and nobody answered. */
export class Unanswered extends Error {
  constructor(transmissions: number) {
    super(`no answer to ${transmissions} transmissions`);
    this.name = "Unanswered";
  }
}
