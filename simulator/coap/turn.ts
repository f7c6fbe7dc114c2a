import type { KnownPeer } from "./known-peers.ts";
import { type Message, messageType } from "./message.ts";

/** A request that a server has before it. */
export class Turn {
  readonly message: Message;
  readonly from: KnownPeer;
  /** Bytes of the datagram. */
  readonly size: number;
  readonly atMs: number;
  /** Its number among the remembered exchanges; undefined where none are remembered. */
  readonly remembered: number | undefined;
  /** Path and query as one key. */
  place = "";
  /** An empty ACK went out, so that the response has to come separately. */
  isAcknowledged = false;

  constructor(message: Message, from: KnownPeer, size: number, atMs: number, remembered: number | undefined) {
    this.message = message;
    this.from = from;
    this.size = size;
    this.atMs = atMs;
    this.remembered = remembered;
  }

  get isConfirmable(): boolean {
    return this.message.type === messageType.con;
  }
}
