import type { Random } from "#contract/bench.ts";
import type { DatagramPort, Peer } from "#simulator/udp/datagram.ts";
import { mutated } from "./mutation.ts";

type Listener = (bytes: Buffer, from: Peer) => void;

/** Datagrams that were seen, to make others of. */
const mostKept = 400;

/**
 * A network in memory on which spoilt copies of every datagram arrive before the datagram itself, so that both ends get
 * them in every state that they come to. What a listener throws comes out of {@link deliver}.
 */
export class HostileNetwork {
  readonly #random: Random;
  readonly #listeners = new Map<number, Listener>();
  readonly #seen: Buffer[] = [];
  #waiting: { readonly bytes: Buffer; readonly from: Peer; readonly to: number; readonly isHonest: boolean }[] = [];
  #nextPort = 1_024;
  /** Most spoilt copies of one datagram; 0 for a network that is honest. */
  copies = 0;
  /** Spoilt datagrams that somebody has heard, by who heard them: the server's port, or any other. */
  readonly hurled = { atServer: 0, atClients: 0 };
  /** The longest that anybody took for one datagram, milliseconds. */
  longestMs = 0;
  readonly serverPort: number;

  constructor(random: Random) {
    this.#random = random;
    this.serverPort = this.#nextPort;
  }

  /** The first port is the server's. */
  open(): DatagramPort {
    const local = { host: "127.0.0.1", port: this.#nextPort };
    // As few as a busy network really has, so that addresses come again.
    this.#nextPort = this.#nextPort >= 4_000 ? this.serverPort + 1 : this.#nextPort + 1;
    const close = async () => {
      this.#listeners.delete(local.port);
    };
    return {
      local,
      send: (bytes, to) => this.#send(Buffer.from(bytes), local, to.port),
      hear: (listener) => void this.#listeners.set(local.port, listener),
      close,
    };
  }

  /** Sends a spoilt datagram to the server, from an address that may be somebody's. */
  hurl(): void {
    const from = { host: "127.0.0.1", port: this.#random.integer(this.serverPort + 1, 4_001) };
    this.#waiting.push({ bytes: this.#spoilt(this.#any()), from, to: this.serverPort, isHonest: false });
  }

  /** Delivers all that is under way, and what is sent in answer. */
  deliver(): void {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      for (const { bytes, from, to, isHonest } of batch) {
        const listener = this.#listeners.get(to);
        if (listener === undefined) continue;
        const began = performance.now();
        listener(bytes, from);
        this.longestMs = Math.max(this.longestMs, performance.now() - began);
        if (isHonest) continue;
        if (to === this.serverPort) this.hurled.atServer++;
        else this.hurled.atClients++;
      }
    }
  }

  #send(bytes: Buffer, from: Peer, to: number): void {
    this.#keep(bytes);
    // Mostly none, because whoever is spoken ill of in every breath never gets as far as a session.
    const isSpoilt = this.copies > 0 && this.#random.integer(0, 4) === 0;
    const copies = isSpoilt ? this.#random.integer(1, this.copies + 1) : 0;
    for (let n = 0; n < copies; n++) {
      this.#waiting.push({ bytes: this.#spoilt(bytes), from, to, isHonest: false });
    }
    this.#waiting.push({ bytes, from, to, isHonest: true });
  }

  #keep(bytes: Buffer): void {
    if (this.#seen.length < mostKept) this.#seen.push(bytes);
    else this.#seen[this.#random.integer(0, mostKept)] = bytes;
  }

  #any(): Buffer {
    return this.#seen[this.#random.integer(0, Math.max(1, this.#seen.length))] ?? Buffer.alloc(0);
  }

  #spoilt(bytes: Buffer): Buffer {
    return mutated(bytes, this.#any(), this.#random);
  }
}
