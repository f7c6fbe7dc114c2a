import type { Random } from "#contract/bench.ts";
import type { DatagramPort, Peer } from "../udp/datagram.ts";
import { isRequest, isResponse } from "./code.ts";
import { emptyMessage } from "./empty-message.ts";
import { decode, isMessage, type Message, messageType } from "./message.ts";
import { exchangeLifetimeMs } from "./transmission.ts";

/** A device on a socket: what came in for it. */
export interface LeanRider {
  /** A response, by whatever message. True where it is welcome: one by CON is then acknowledged, and rejected otherwise. */
  onResponse(message: Message): boolean;
  /** Its CON with this id was acknowledged; the response comes later. */
  onAccepted(messageId: number): void;
  /** Its CON with this id was rejected by RST. */
  onReset(messageId: number): void;
  /** A request to the device; undefined lets it be rejected. Only ever asked on a socket that is its own. */
  onRequest(message: Message): Buffer | undefined;
  /** The socket was ended from the other side. */
  onGone(why: string): void;
}

/** Bytes of a token: four that name the device on its socket, two that number its requests. */
export const tokenBytes = 6;
const all = 0x1_0000;
/** Ids are guarded in blocks of this many. */
const guardedIds = 1_024;

/**
 * A UDP socket that many devices share, or that is one device's own. The server sees one endpoint; devices are told apart
 * by their tokens. Ids of messages are never used again within EXCHANGE_LIFETIME (RFC 7252 §4.4), since the server would
 * take the message for an old one.
 */
export class LeanSocket {
  readonly isOwn: boolean;
  readonly #port: DatagramPort;
  readonly #server: Peer;
  readonly #random: Random;
  readonly #now: () => number;
  readonly #riders = new Map<number, LeanRider>();
  /** Whose unanswered CON has this id. */
  readonly #waiting = new Map<number, LeanRider>();
  #lastId: number;
  /** When the last id of each block was given away. */
  readonly #leftMs = new Float64Array(all / guardedIds).fill(Number.NEGATIVE_INFINITY);

  constructor(port: DatagramPort, server: Peer, random: Random, now: () => number, of: "own" | "shared") {
    this.#port = port;
    this.#server = { host: server.host, port: server.port };
    this.#random = random;
    this.#now = now;
    this.isOwn = of === "own";
    this.#lastId = random.integer(0, all);
    port.hear((bytes, from) => this.#hear(bytes, from));
  }

  /** Takes a device on; returns the number that its tokens begin with. */
  board(rider: LeanRider): number {
    for (;;) {
      const key = this.#random.integer(0, 0x1_0000_0000);
      if (this.#riders.has(key)) continue;
      this.#riders.set(key, rider);
      return key;
    }
  }

  leave(key: number): void {
    this.#riders.delete(key);
    if (this.isOwn) void this.#port.close();
  }

  /** The id of the next message; undefined while all 65,536 are in use. */
  nextId(): number | undefined {
    const id = (this.#lastId + 1) % all;
    const block = Math.floor(id / guardedIds);
    if (id % guardedIds === 0 && this.#now() - (this.#leftMs[block] ?? 0) < exchangeLifetimeMs) return undefined;
    this.#leftMs[block] = this.#now();
    this.#lastId = id;
    return id;
  }

  send(bytes: Uint8Array): void {
    this.#port.send(bytes, this.#server);
  }

  /** Tells `rider` of the ACK or RST for that id, until {@link forget}. */
  await(messageId: number, rider: LeanRider): void {
    this.#waiting.set(messageId, rider);
  }

  forget(messageId: number): void {
    this.#waiting.delete(messageId);
  }

  /** The session below is over: all who are on it lose their link. */
  end(why: string): void {
    for (const rider of this.#riders.values()) rider.onGone(why);
  }

  close(): Promise<void> {
    this.#riders.clear();
    this.#waiting.clear();
    return this.#port.close();
  }

  #hear(bytes: Buffer, from: Peer): void {
    if (from.port !== this.#server.port || from.host !== this.#server.host) return;
    const message = decode(bytes);
    if (!isMessage(message)) return;
    const { type, code, messageId } = message;
    if (isResponse(code)) this.#hearResponse(message);
    else if (isRequest(code)) this.#hearRequest(message);
    else if (type === messageType.con) this.#reject(messageId);
    else if (type === messageType.ack) this.#waiting.get(messageId)?.onAccepted(messageId);
    else if (type === messageType.rst) this.#waiting.get(messageId)?.onReset(messageId);
  }

  #hearResponse(message: Message): void {
    const { type, messageId, token } = message;
    const rider = token.length === tokenBytes ? this.#riders.get(keyOf(token)) : undefined;
    const isWelcome = rider?.onResponse(message) ?? false;
    if (type !== messageType.con) return;
    if (isWelcome) this.send(emptyMessage(messageType.ack, messageId));
    else this.#reject(messageId);
  }

  #hearRequest(message: Message): void {
    if (message.type !== messageType.con && message.type !== messageType.non) return;
    const [rider] = this.isOwn ? this.#riders.values() : [];
    const answer = rider?.onRequest(message);
    if (answer !== undefined) this.send(answer);
    else if (message.type === messageType.con) this.#reject(message.messageId);
  }

  #reject(messageId: number): void {
    this.send(emptyMessage(messageType.rst, messageId));
  }
}

function keyOf(token: Uint8Array): number {
  return (((token[0] ?? 0) << 24) | ((token[1] ?? 0) << 16) | ((token[2] ?? 0) << 8) | (token[3] ?? 0)) >>> 0;
}

/** The token of request `number` of the device with that key. */
export function tokenOf(key: number, number: number): Buffer {
  const token = Buffer.allocUnsafe(tokenBytes);
  token.writeUInt32BE(key, 0);
  token.writeUInt16BE(number, 4);
  return token;
}

/** Which request of its device a response answers. */
export function requestOf(token: Uint8Array): number {
  return ((token[4] ?? 0) << 8) | (token[5] ?? 0);
}
