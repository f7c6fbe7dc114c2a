import { type Peer, peerKey } from "../udp/datagram.ts";

const mostRemembered = 256;

/** CON responses that a client has taken, so that it acknowledges them again when they come again (RFC 7252 §4.5). */
export class TakenAnswers {
  /** Senders by message id; the oldest first. */
  readonly #senders = new Map<number, string>();

  add(messageId: number, from: Peer): void {
    this.#senders.delete(messageId);
    this.#senders.set(messageId, peerKey(from));
    if (this.#senders.size <= mostRemembered) return;
    for (const oldest of this.#senders.keys()) return void this.#senders.delete(oldest);
  }

  has(messageId: number, from: Peer): boolean {
    return this.#senders.get(messageId) === peerKey(from);
  }
}
