import type { Bench } from "#contract/bench.ts";
import type { DatagramPort } from "../udp/datagram.ts";
import type { KnownPeer } from "./known-peers.ts";
import { type MessageIds, sequentialIds, shuffledIds } from "./message-ids.ts";
import type { CoapServerKnobs } from "./serving.ts";
import { type Timed, type Timers, unset } from "./timers.ts";
import { standardTransmission } from "./transmission.ts";

/** How it ended with a message that the server began. */
export type Ending = "acknowledged" | "reset" | "silent";

/** What is sent, once its id is known; told how it ended. */
export interface Sending {
  encode(messageId: number): Uint8Array;
  ended(how: Ending): void;
}

/** Messages that a server sends by itself: separate responses and notifications (RFC 7252 §4.2, §4.3). */
export class Outbox {
  readonly #port: DatagramPort;
  readonly #bench: Pick<Bench, "clock" | "random">;
  readonly #timers: Timers;
  readonly #ids: MessageIds;
  readonly #matchesEndpoint: boolean;
  readonly #sent = new Map<number, Sent>();

  constructor(
    port: DatagramPort,
    bench: Pick<Bench, "clock" | "random">,
    timers: Timers,
    knobs: Pick<CoapServerKnobs, "messageIds" | "resetMatching">,
  ) {
    this.#port = port;
    this.#bench = bench;
    this.#timers = timers;
    this.#ids = knobs.messageIds === "random" ? shuffledIds(bench.random) : sequentialIds(bench.random);
    this.#matchesEndpoint = knobs.resetMatching === "endpoint";
  }

  /** An id for a message that nobody answers. */
  nextId(): number {
    let id = this.#ids.next();
    for (let tries = 0; this.#sent.has(id) && tries < 100; tries++) id = this.#ids.next();
    return id;
  }

  /** Sends a CON until it is acknowledged, rejected, or was sent five times. */
  sendConfirmable(to: KnownPeer, sending: Sending): void {
    const sent = this.#keep(to, sending);
    const { ackTimeoutMs, ackRandomFactor } = standardTransmission;
    sent.timeoutMs = ackTimeoutMs * (1 + this.#bench.random.next() * (ackRandomFactor - 1));
    this.transmit(sent);
  }

  /** Sends a NON that may be rejected by RST until {@link forget}. Returns its id. */
  sendNon(to: KnownPeer, sending: Sending): number {
    const sent = this.#keep(to, sending);
    this.#port.send(sent.bytes, to.peer);
    return sent.messageId;
  }

  forget(messageId: number): void {
    const sent = this.#sent.get(messageId);
    if (sent === undefined) return;
    this.#timers.cancel(sent);
    this.#sent.delete(messageId);
  }

  /** An empty ACK or RST that came in. */
  answered(messageId: number, from: KnownPeer, how: "acknowledged" | "reset"): void {
    const sent = this.#sent.get(messageId);
    if (sent === undefined || (this.#matchesEndpoint && sent.to.key !== from.key)) return;
    this.#end(sent, how);
  }

  /** For the timers. */
  transmit(sent: Sent): void {
    if (sent.transmissions > standardTransmission.maxRetransmit) return this.#end(sent, "silent");
    sent.transmissions++;
    this.#timers.set(sent, sent.timeoutMs);
    sent.timeoutMs *= 2;
    this.#port.send(sent.bytes, sent.to.peer);
  }

  #keep(to: KnownPeer, sending: Sending): Sent {
    const id = this.nextId();
    const sent = new Sent(this, id, to, sending);
    this.#sent.set(id, sent);
    return sent;
  }

  #end(sent: Sent, how: Ending): void {
    this.forget(sent.messageId);
    sent.sending.ended(how);
  }
}

class Sent implements Timed {
  tick = unset;
  seat = unset;
  transmissions = 0;
  timeoutMs = 0;
  readonly messageId: number;
  readonly to: KnownPeer;
  readonly sending: Sending;
  readonly bytes: Uint8Array;
  readonly #outbox: Outbox;

  constructor(outbox: Outbox, messageId: number, to: KnownPeer, sending: Sending) {
    this.#outbox = outbox;
    this.messageId = messageId;
    this.to = to;
    this.sending = sending;
    this.bytes = sending.encode(messageId);
  }

  onTime(): void {
    this.#outbox.transmit(this);
  }
}
