import type { DatagramPort, Peer } from "../udp/datagram.ts";
import type { Agreement } from "./agreement.ts";
import { type Alert, alert, alertName, isEnd, readAlert, warning, writeAlert } from "./alert.ts";
import type { CipherSuite } from "./cipher-suite.ts";
import { contentType, type DtlsRecord, maxContentBytes, readRecords } from "./record.ts";
import type { DtlsVersion } from "./version.ts";
import type { WriteState } from "./write-state.ts";

/** A session with one server: what is sent to that peer is protected, and only what that peer has protected is heard. */
export interface DtlsSession extends DatagramPort, AsyncDisposable {
  readonly suite: CipherSuite;
  readonly version: DtlsVersion;
  /** Whether the master secret is bound to the whole handshake (RFC 7627). */
  readonly isExtended: boolean;
  /** False once either side has ended it; what is sent then is lost. */
  readonly isOpen: boolean;
  /** Resolves with the reason once the session is over: `closed`, or the name of the server's alert. */
  readonly ended: Promise<string>;
  /** Where it goes to need not be said. */
  send(bytes: Uint8Array, to?: Peer): void;
  /** Says close_notify, and closes the port below. */
  close(): Promise<void>;
}

/** Datagrams that are kept for the first listener. */
const mostKept = 8;

/** A client's session; attacks use what {@link DtlsSession} does not show. */
export class ClientSession implements DtlsSession {
  readonly suite: CipherSuite;
  readonly version: DtlsVersion;
  readonly isExtended: boolean;
  readonly peer: Peer;
  readonly ended: Promise<string>;
  /** Protects what is sent. */
  readonly write: WriteState;
  readonly #read: Agreement["read"];
  readonly #port: DatagramPort;
  readonly #end: (why: string) => void;
  #listener: ((bytes: Buffer, from: Peer) => void) | undefined;
  #kept: Buffer[] = [];
  isOpen = true;
  /** Told what comes in the session that is no application data. */
  watch: ((type: number, content: Buffer) => void) | undefined;

  /** @param early records that came before the handshake was complete. */
  constructor(port: DatagramPort, peer: Peer, agreement: Agreement, early: readonly DtlsRecord[]) {
    this.suite = agreement.suite;
    this.version = agreement.version;
    this.isExtended = agreement.isExtended;
    this.peer = peer;
    this.write = agreement.write;
    this.#read = agreement.read;
    this.#port = port;
    const { promise, resolve } = Promise.withResolvers<string>();
    this.ended = promise;
    this.#end = resolve;
    for (const record of early) this.#take(record);
    port.hear((datagram, from) => {
      if (from.port === peer.port && from.host === peer.host) this.takeDatagram(datagram);
    });
  }

  get local(): Peer {
    return this.#port.local;
  }

  send(bytes: Uint8Array, to: Peer = this.peer): void {
    if (to.port !== this.peer.port || to.host !== this.peer.host || bytes.length > maxContentBytes) return;
    this.#transmit(contentType.applicationData, bytes);
  }

  hear(listener: (bytes: Buffer, from: Peer) => void): void {
    this.#listener = listener;
    const kept = this.#kept;
    this.#kept = [];
    for (const bytes of kept) listener(bytes, this.peer);
  }

  async close(): Promise<void> {
    this.#finish("closed", warning(alert.closeNotify));
    await this.#port.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  takeDatagram(datagram: Buffer): void {
    for (const record of readRecords(datagram)) this.#take(record);
  }

  #take(record: DtlsRecord): void {
    // What is not protected says nothing here, not even that the session is over.
    if (!this.isOpen || record.epoch !== this.#read.epoch) return;
    const content = this.#read.read(record);
    if (content === "forged" || content === "replayed") return;
    if (record.type === contentType.applicationData) return this.#deliver(content);
    this.watch?.(record.type, content);
    if (record.type === contentType.alert) this.#takeAlert(readAlert(content));
    else if (record.type === contentType.handshake) this.#refuseRenegotiation();
  }

  #deliver(content: Buffer): void {
    if (this.#listener !== undefined) this.#listener(content, this.peer);
    else if (this.#kept.length < mostKept) this.#kept.push(content);
  }

  #takeAlert(heard: Alert | undefined): void {
    // RFC 5246 §7.2.1: close_notify is answered with one.
    if (heard !== undefined && isEnd(heard)) this.#finish(alertName(heard.description), warning(alert.closeNotify));
  }

  #refuseRenegotiation(): void {
    this.#transmit(contentType.alert, writeAlert(warning(alert.noRenegotiation)));
  }

  #finish(why: string, saying: Alert): void {
    if (!this.isOpen) return;
    this.#transmit(contentType.alert, writeAlert(saying));
    this.isOpen = false;
    this.#end(why);
  }

  #transmit(type: number, content: Uint8Array): void {
    if (this.isOpen && this.write.isUsable) this.#port.send(this.write.write(type, this.version, content), this.peer);
  }
}
