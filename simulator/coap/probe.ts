import type { Bench, LabAddress } from "#contract/bench.ts";
import type { WireReference } from "#contract/observation.ts";
import type { DatagramPort, Peer } from "../udp/datagram.ts";
import { type RecordedPort, recordedPort } from "../udp/recorded-port.ts";
import { openUdpPort } from "../udp/udp-port.ts";
import { code, isResponse } from "./code.ts";
import { decode, encode, isMessage, type Message, messageType } from "./message.ts";
import type { Option } from "./option.ts";

/** A datagram that came in. */
export interface Heard {
  readonly bytes: Buffer;
  /** What it says; undefined where it is no message. */
  readonly message: Message | undefined;
  readonly from: Peer;
  readonly atMs: number;
}

/** What {@link Probe.ask} needs of a message; the rest is chosen from the bench's random stream. */
export interface Question {
  readonly code: number;
  readonly options?: readonly Option[];
  readonly payload?: Uint8Array | string;
  /** CON unless told otherwise. */
  readonly type?: 0 | 1;
  readonly token?: Uint8Array;
  readonly messageId?: number;
}

/**
 * One UDP socket of an attack: it sends whatever it is told to, good or bad, and keeps whatever comes back. It has no
 * manners of its own: nothing is sent again, and nothing is acknowledged but what {@link ask} waits for.
 * Everything goes to the wire of the bench.
 */
export interface Probe extends AsyncDisposable {
  readonly local: Peer;
  readonly at: Peer;
  readonly reference: WireReference;
  /** Everything that came in so far, in order. */
  readonly heard: readonly Heard[];
  send(datagram: Uint8Array | Message): void;
  /** The first datagram, so far or from now on, from number `since` on that is accepted; undefined when none came in time. */
  hear(withinMs: number, accepts?: (heard: Heard) => boolean, since?: number): Promise<Heard | undefined>;
  /** Builds a message with a fresh id and token where the question has none. */
  message(question: Question): Message;
  /**
   * Sends a question once and waits for its response: piggybacked, or separate, which is then acknowledged. A RST, which
   * is an answer, too, comes back as it is. Undefined when nothing came in time. Only datagrams of `at` count.
   */
  ask(question: Question, withinMs: number): Promise<Message | undefined>;
}

/** Opens a probe towards `at`. @param from local address and port; any free port of the same loopback host by default. */
export async function openProbe(
  bench: Bench,
  at: LabAddress | Peer,
  from: { readonly host?: string; readonly port?: number } = {},
): Promise<Probe> {
  const host = from.host ?? (at.host.includes(":") ? "::1" : at.host.startsWith("127.") ? "127.0.0.1" : "0.0.0.0");
  const port = await openUdpPort({ host, port: from.port ?? 0 });
  return new SocketProbe(bench, recordedPort(port, bench.wire), { host: at.host, port: at.port });
}

/** The same manners on top of another port, for example of a DTLS session. */
export function probeOver(bench: Bench, port: DatagramPort, at: Peer, reference: WireReference): Probe {
  return new SocketProbe(bench, Object.assign(port, { reference: () => reference }), at);
}

class SocketProbe implements Probe {
  readonly local: Peer;
  readonly at: Peer;
  readonly heard: Heard[] = [];
  readonly #bench: Bench;
  readonly #port: RecordedPort;
  readonly #waiting = new Set<() => void>();

  constructor(bench: Bench, port: RecordedPort, at: Peer) {
    this.#bench = bench;
    this.#port = port;
    this.local = port.local;
    this.at = at;
    port.hear((bytes, from) => {
      const decoded = decode(bytes);
      const message = isMessage(decoded) ? decoded : undefined;
      this.heard.push({ bytes, message, from, atMs: bench.clock.nowMs() });
      for (const look of this.#waiting) look();
    });
  }

  get reference(): WireReference {
    return this.#port.reference(this.at);
  }

  send(datagram: Uint8Array | Message): void {
    this.#port.send(datagram instanceof Uint8Array ? datagram : encode(datagram), this.at);
  }

  async hear(withinMs: number, accepts: (heard: Heard) => boolean = () => true, since = 0): Promise<Heard | undefined> {
    let next = since;
    const over = new AbortController();
    const { promise, resolve } = Promise.withResolvers<Heard | undefined>();
    const look = () => {
      while (next < this.heard.length) {
        const heard = this.heard[next++];
        if (heard !== undefined && accepts(heard)) resolve(heard);
      }
    };
    this.#waiting.add(look);
    look();
    const { clock, signal } = this.#bench;
    const late = clock.sleep(withinMs, AbortSignal.any([signal, over.signal])).then(() => undefined);
    const found = await Promise.race([promise, late]);
    this.#waiting.delete(look);
    over.abort();
    return found;
  }

  message({ code: asked, options = [], payload = "", type = messageType.con, token, messageId }: Question): Message {
    const { random } = this.#bench;
    return {
      type,
      code: asked,
      messageId: messageId ?? random.integer(0, 0x10000),
      token: token ?? Buffer.from(random.hex(4), "hex"),
      options,
      payload: typeof payload === "string" ? Buffer.from(payload) : payload,
    };
  }

  async ask(question: Question, withinMs: number): Promise<Message | undefined> {
    const asked = this.message(question);
    const since = this.heard.length;
    this.send(asked);
    const answer = await this.hear(withinMs, (heard) => this.#isFromServer(heard) && answers(heard, asked), since);
    const message = answer?.message;
    if (message?.type === messageType.con) this.send(acknowledgement(message));
    return message;
  }

  #isFromServer({ from }: Heard): boolean {
    return from.host === this.at.host && from.port === this.at.port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#port.close();
  }
}

/** An empty ACK, by which the sender of a CON stops sending it again. */
export function acknowledgement({ messageId }: Pick<Message, "messageId">): Message {
  return empty(messageType.ack, messageId);
}

/** A RST, by which a notification is refused. */
export function reset({ messageId }: Pick<Message, "messageId">): Message {
  return empty(messageType.rst, messageId);
}

function empty(type: 2 | 3, messageId: number): Message {
  return { type, code: code.empty, messageId, token: Buffer.alloc(0), options: [], payload: Buffer.alloc(0) };
}

function answers({ message }: Heard, asked: Message): boolean {
  if (message === undefined) return false;
  if (message.type === messageType.rst) return message.messageId === asked.messageId;
  return isResponse(message.code) && Buffer.compare(message.token, asked.token) === 0;
}
