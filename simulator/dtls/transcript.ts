import { hash } from "node:crypto";
import { type HandshakeMessage, writeMessage } from "./handshake-message.ts";
import { type DtlsVersion, dtlsVersion } from "./version.ts";

/** All messages of a handshake as if none had been fragmented (RFC 6347 §4.2.6). */
export class Transcript {
  #messages: Buffer[] = [];

  add(message: HandshakeMessage): void {
    this.#messages.push(writeMessage(message));
  }

  /** A HelloVerifyRequest, and the hello that it answers, are not part of it. */
  restart(): void {
    this.#messages = [];
  }

  /** The hash of everything so far: SHA-256 for 1.2, MD5 and SHA-1 one after the other for 1.0. */
  digest(version: DtlsVersion): Buffer {
    const all = Buffer.concat(this.#messages);
    if (version === dtlsVersion["1.2"]) return hash("sha256", all, "buffer");
    return Buffer.concat([hash("md5", all, "buffer"), hash("sha1", all, "buffer")]);
  }
}
