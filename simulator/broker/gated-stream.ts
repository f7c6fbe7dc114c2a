import { Duplex } from "node:stream";
import type { BrokerPulse, PulseTimer } from "./broker-pulse.ts";
import type { Principal } from "./principal.ts";

/** What is known about a connection before its first byte. */
export interface Origin {
  readonly scheme: "mqtt" | "mqtts" | "ws" | "wss";
  /** IP address of the other side. */
  readonly source: string;
  /** Common name of a client certificate that the lab's authority signed. */
  readonly certificateName?: string;
}

/** Most bytes that may wait for a subscriber before it counts as one that does not read. */
const mostWaitingBytes = 1_048_576;

/** How a gated stream behaves, and who hears of it. */
export interface GatedConduct {
  /** While the broker is frozen nothing is read or written, and no end is made or noticed. */
  readonly pulse: BrokerPulse;
  readonly stalls: boolean;
  readonly onSlow: () => void;
  /** Told of what is handed to the other side's connection. */
  readonly onSent: (bytes: Uint8Array) => void;
}

/**
 * What the broker is given in place of a socket: it reads only what the gate lets through, and, unless told to `stall`,
 * never makes the writer wait: where more than a mebibyte waits for the other side, the connection is destroyed instead.
 */
export class GatedStream extends Duplex {
  readonly origin: Origin;
  /** Who it is, once it has authenticated. */
  principal: Principal | undefined;
  readonly #socket: Duplex;
  readonly #conduct: GatedConduct;
  #silence: PulseTimer | undefined;

  constructor(socket: Duplex, origin: Origin, conduct: GatedConduct) {
    super(conduct.stalls ? {} : { writableHighWaterMark: Number.MAX_SAFE_INTEGER });
    this.#socket = socket;
    this.origin = origin;
    this.#conduct = conduct;
    socket.on("end", () => this.push(null));
    socket.on("close", () => this.destroy());
  }

  /** Hands on what the gate let through. */
  admit(bytes: Buffer): void {
    this.#silence?.refresh();
    if (!this.destroyed && !this.push(bytes)) this.#socket.pause();
  }

  /** Ends the connection where the gate lets nothing through for so long. */
  endWhenSilent(mostMs: number): void {
    const silence = this.#conduct.pulse.after(mostMs, () => this.destroy());
    this.#silence = silence;
    this.once("close", () => silence.cancel());
  }

  /** Sends a last answer and closes. */
  dismiss(answer: Uint8Array): void {
    this.#conduct.pulse.act(() => this.#socket.end(answer, () => this.#socket.destroy()));
  }

  override _read(): void {
    if (!this.#conduct.pulse.isFrozen) this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#conduct.pulse.act(() => this.#send(chunk, done));
  }

  override _writev(chunks: readonly { readonly chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), "binary", done);
  }

  override _final(done: () => void): void {
    this.#conduct.pulse.act(() => {
      this.#socket.end();
      done();
    });
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#conduct.pulse.act(() => this.#socket.destroy());
    done(error);
  }

  #send(chunk: Buffer, done: () => void): void {
    if (this.#socket.destroyed || this.#socket.writableEnded) return done();
    const { stalls, onSlow, onSent } = this.#conduct;
    onSent(chunk);
    const roomy = this.#socket.write(chunk);
    if (stalls && !roomy) {
      this.#socket.once("drain", done);
      return;
    }
    if (!stalls && this.#socket.writableLength > mostWaitingBytes) {
      onSlow();
      this.#socket.destroy();
    }
    done();
  }
}
