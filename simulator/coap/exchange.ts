import type { Peer } from "../udp/datagram.ts";
import type { Option } from "./option.ts";
import type { CoapReply } from "./reply.ts";
import { type Timed, unset } from "./timers.ts";

/** A request before it has an id. */
export interface Draft {
  readonly code: number;
  readonly options: readonly Option[];
  readonly payload: Uint8Array;
  /** CON, or NON, which is sent once. */
  readonly confirmable: boolean;
  /** See `newToken` of exchanges.ts; a fresh one where it is absent. */
  readonly token?: number | undefined;
}

/** Whoever has an exchange, told when its time is over. */
export interface ExchangeOwner {
  onTime(exchange: Exchange): void;
}

/** Requests to one peer, of which NSTART may be under way. */
export interface Line {
  readonly key: string;
  readonly to: Peer;
  underWay: number;
  readonly waiting: Exchange[];
}

/** One request, from its first transmission, or the wait for its turn, to its response. */
export class Exchange implements Timed {
  tick = unset;
  seat = unset;
  messageId = unset;
  bytes: Uint8Array = new Uint8Array();
  transmissions = 0;
  timeoutMs = 0;
  holdsLine = false;
  isOver = false;
  readonly to: Peer;
  readonly line: Line;
  readonly draft: Draft;
  readonly token: number;
  readonly deadlineMs: number;
  readonly resolve: (reply: CoapReply) => void;
  readonly reject: (error: Error) => void;
  readonly #owner: ExchangeOwner;

  constructor(
    owner: ExchangeOwner,
    to: Peer,
    line: Line,
    draft: Draft,
    token: number,
    deadlineMs: number,
    resolve: (reply: CoapReply) => void,
    reject: (error: Error) => void,
  ) {
    this.#owner = owner;
    this.to = to;
    this.line = line;
    this.draft = draft;
    this.token = token;
    this.deadlineMs = deadlineMs;
    this.resolve = resolve;
    this.reject = reject;
  }

  onTime(): void {
    this.#owner.onTime(this);
  }
}
