import type { Packet, PacketCmd } from "mqtt-packet";
import type { Bench, WireStream } from "#contract/bench.ts";
import type { WireReference } from "#contract/observation.ts";
import { Lookout } from "./lookout.ts";
import { type PacketReader, packetReader } from "./packet-reader.ts";
import type { Ending, Ends, Transport, TransportEvents } from "./transport.ts";

/** A peer that sends more than this is no longer listened to. */
const maxReceivedBytes = 4 * 1024 * 1024;
const maxPackets = 20_000;
/** How long an orderly end may take before it becomes an abrupt one, milliseconds. */
const closeWithinMs = 300;

/** A packet of one kind. */
export type PacketOf<C extends PacketCmd> = Extract<Packet, { readonly cmd: C }>;

/**
 * A recorded connection that carries MQTT bytes, good or bad. Everything sent and received goes to the wire of the
 * bench. It ends when the bench's signal aborts.
 */
export class Connection implements TransportEvents, AsyncDisposable {
  /** Where its bytes lie in the evidence. */
  readonly reference: WireReference;
  /** Packets that arrived, in order, as far as they could be read. */
  readonly packets: readonly Packet[];
  /** Resolves when it has ended; never rejects. */
  readonly ended: Promise<Ending>;

  readonly #bench: Bench;
  readonly #transport: Transport;
  readonly #wire: WireStream;
  readonly #reader: PacketReader;
  readonly #arrived: Packet[] = [];
  readonly #taken = new Set<Packet>();
  readonly #chunks: Uint8Array[] = [];
  readonly #lookout: Lookout;
  readonly #hearers = new Set<(bytes: Uint8Array) => void>();
  readonly #conclude: (ending: Ending) => void;
  readonly #abort = () => this.destroy();
  #receivedBytes = 0;
  #ending: Ending | undefined;

  constructor(bench: Bench, transport: Transport, ends: Ends, level: 3 | 4 | 5) {
    const { promise, resolve } = Promise.withResolvers<Ending>();
    this.ended = promise;
    this.#conclude = resolve;
    this.#bench = bench;
    this.#lookout = new Lookout(bench.clock);
    this.#transport = transport;
    this.#wire = bench.wire.open(ends);
    this.reference = this.#wire.reference;
    this.#reader = packetReader(level);
    this.packets = this.#arrived;
    bench.signal.addEventListener("abort", this.#abort, { once: true });
  }

  get isOpen(): boolean {
    return this.#ending === undefined;
  }

  /** How it ended, once it has. */
  get ending(): Ending | undefined {
    return this.#ending;
  }

  /** All bytes received so far. */
  get received(): Uint8Array {
    return Buffer.concat(this.#chunks);
  }

  /** Sends bytes as they are; nothing happens once the connection has ended. */
  send(bytes: Uint8Array): void {
    if (!this.isOpen) return;
    this.#wire.sent(bytes);
    this.#transport.write(bytes);
  }

  /** The next packet of this kind that was not handed out yet; undefined when none came in time or the connection ended. */
  next<C extends PacketCmd>(cmd: C, withinMs: number): Promise<PacketOf<C> | undefined> {
    return this.until(() => {
      const found = this.#arrived.find(
        (packet): packet is PacketOf<C> => packet.cmd === cmd && !this.#taken.has(packet),
      );
      if (found) this.#taken.add(found);
      return found;
    }, withinMs);
  }

  /** What `find` finds, looked for now and after everything that arrives; undefined when not in time or the connection ended. */
  until<T>(find: () => T | undefined, withinMs: number): Promise<T | undefined> {
    return this.#lookout.until(find, withinMs);
  }

  /** Hears all bytes from now on, as they arrive. */
  hear(hearer: (bytes: Uint8Array) => void): void {
    this.#hearers.add(hearer);
  }

  /** Begins an orderly end, which becomes an abrupt one where the peer does not follow. */
  close(): void {
    if (!this.isOpen) return;
    this.#transport.close();
    void this.#destroyLater();
  }

  /** Ends it at once. */
  destroy(): void {
    this.#transport.destroy();
    this.onEnd({ how: "fin", by: "us" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.ended;
  }

  onBytes(bytes: Uint8Array): void {
    if (!this.isOpen) return;
    this.#wire.received(bytes);
    this.#chunks.push(bytes);
    this.#receivedBytes += bytes.length;
    this.#arrived.push(...this.#reader.read(bytes));
    for (const hear of this.#hearers) hear(bytes);
    this.#lookout.look();
    if (this.#receivedBytes > maxReceivedBytes || this.#arrived.length > maxPackets) this.destroy();
  }

  onEnd(ending: Ending): void {
    if (!this.isOpen) return;
    this.#ending = ending;
    this.#bench.signal.removeEventListener("abort", this.#abort);
    this.#wire.closed(ending.how === "fin" ? "fin" : "reset", ending.by);
    this.#lookout.close();
    this.#conclude(ending);
  }

  async #destroyLater(): Promise<void> {
    const over = new AbortController();
    void this.ended.then(() => over.abort());
    await this.#bench.clock.sleep(closeWithinMs, over.signal);
    if (this.isOpen) this.destroy();
  }
}
