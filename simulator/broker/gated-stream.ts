import { Duplex } from "node:stream";
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

/**
 * What the broker is given in place of a socket: it reads only what the gate lets through, and, unless told to `stall`,
 * never makes the writer wait: where more than a mebibyte waits for the other side, the connection is destroyed instead.
 */
export class GatedStream extends Duplex {
  readonly origin: Origin;
  /** Who it is, once it has authenticated. */
  principal: Principal | undefined;
  readonly #socket: Duplex;
  readonly #stalls: boolean;
  readonly #onSlow: () => void;

  constructor(socket: Duplex, origin: Origin, how: { readonly stalls: boolean; readonly onSlow: () => void }) {
    super(how.stalls ? {} : { writableHighWaterMark: Number.MAX_SAFE_INTEGER });
    this.#socket = socket;
    this.origin = origin;
    this.#stalls = how.stalls;
    this.#onSlow = how.onSlow;
    socket.on("end", () => this.push(null));
    socket.on("close", () => this.destroy());
  }

  /** Hands on what the gate let through. */
  admit(bytes: Buffer): void {
    if (!this.destroyed && !this.push(bytes)) this.#socket.pause();
  }

  /** Sends a last answer and closes. */
  dismiss(answer: Uint8Array): void {
    this.#socket.end(answer, () => this.#socket.destroy());
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#socket.destroyed || this.#socket.writableEnded) return done();
    const roomy = this.#socket.write(chunk);
    if (this.#stalls && !roomy) {
      this.#socket.once("drain", done);
      return;
    }
    if (!this.#stalls && this.#socket.writableLength > mostWaitingBytes) {
      this.#onSlow();
      this.#socket.destroy();
    }
    done();
  }

  override _writev(chunks: readonly { readonly chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), "binary", done);
  }

  override _final(done: () => void): void {
    this.#socket.end();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }
}
