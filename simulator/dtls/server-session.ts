import type { Peer } from "../udp/datagram.ts";
import { alert, isEnd, readAlert, warning, writeAlert } from "./alert.ts";
import { datagramsOf } from "./flight.ts";
import { handshakeType, readFragments } from "./handshake-message.ts";
import { contentType, type DtlsRecord, maxContentBytes } from "./record.ts";
import type { ServerAgreement } from "./server-handshake.ts";

/** What a session works with. */
export interface SessionGround {
  transmit(datagram: Buffer): void;
  onData(bytes: Buffer, from: Peer): void;
  onEnded(session: ServerSession): void;
}

/** A server's session with one client; one of many, so it holds little. */
export class ServerSession {
  /** The client, with the identity that it proved. */
  readonly from: Peer;
  readonly #ground: SessionGround;
  readonly #agreed: Pick<ServerAgreement, "version" | "write" | "read">;
  /** What the client may not have got yet; it has once it sends data. */
  #last: ServerAgreement["last"] | undefined;
  #isOpen = true;
  /** When it was last put at the end of the line of those that may have to make room. */
  movedMs: number;

  constructor(from: Peer, agreement: ServerAgreement, ground: SessionGround, nowMs: number) {
    const { version, write, read, last, identity } = agreement;
    this.from = { host: from.host, port: from.port, identity };
    this.#agreed = { version, write, read };
    this.#last = last;
    this.#ground = ground;
    this.movedMs = nowMs;
  }

  send(bytes: Uint8Array): void {
    if (bytes.length <= maxContentBytes) this.#transmit(contentType.applicationData, bytes);
  }

  /** False where the record is not one of this session. */
  take(record: DtlsRecord): boolean {
    const content = this.#agreed.read.read(record);
    if (content === "forged") return false;
    if (content !== "replayed") this.takeContent(record.type, content);
    return true;
  }

  /** What a record held, as if this session had protected it. */
  takeContent(type: number, content: Buffer): void {
    if (!this.#isOpen) return;
    if (type === contentType.applicationData) {
      this.#last = undefined;
      this.#ground.onData(content, this.from);
    } else if (type === contentType.alert) {
      const heard = readAlert(content);
      if (heard !== undefined && isEnd(heard)) this.close();
    } else if (type === contentType.handshake) {
      this.#takeHandshake(content);
    }
  }

  /** Says close_notify, which also answers one (RFC 5246 §7.2.1). */
  close(): void {
    if (!this.#isOpen) return;
    this.#transmit(contentType.alert, writeAlert(warning(alert.closeNotify)));
    this.#isOpen = false;
    this.#ground.onEnded(this);
  }

  /** The client's Finished once more means that ours was lost; a hello would be a renegotiation, which is refused. */
  #takeHandshake(content: Buffer): void {
    for (const { type, sequence } of readFragments(content)) {
      if (type === handshakeType.clientHello) {
        this.#transmit(contentType.alert, writeAlert(warning(alert.noRenegotiation)));
      } else if (type === handshakeType.finished && sequence === this.#last?.finished) {
        const again = datagramsOf(this.#last.flight, this.#agreed.version);
        for (const datagram of again) this.#ground.transmit(datagram);
      }
    }
  }

  #transmit(type: number, content: Uint8Array): void {
    const { write, version } = this.#agreed;
    if (this.#isOpen && write.isUsable) this.#ground.transmit(write.write(type, version, content));
  }
}
