import { handshakeType, readFragments } from "../dtls/handshake-message.ts";
import { contentType, type DtlsRecord, readRecords } from "../dtls/record.ts";
import { type Peer, peerKey } from "../udp/datagram.ts";

/** Endpoints whose hellos are remembered. */
const mostEndpoints = 10_000;

/**
 * The fault in the handshake for a fuzzer to find: a hello of which only the beginning came is given up by an alert, as
 * if the server then freed what it has not put together yet. Both records are ordinary, and one endpoint sends them.
 */
export class PlantedDtlsFault {
  readonly #begun = new Set<string>();

  /** True where this datagram brings it about. */
  sees(datagram: Buffer, from: Peer): boolean {
    const endpoint = peerKey(from);
    for (const record of readRecords(datagram)) {
      if (record.epoch !== 0) continue;
      if (record.type === contentType.alert && this.#begun.has(endpoint)) return true;
      if (isBeginningOfHello(record)) this.#remember(endpoint);
    }
    return false;
  }

  #remember(endpoint: string): void {
    this.#begun.add(endpoint);
    const [oldest] = this.#begun;
    if (this.#begun.size > mostEndpoints && oldest !== undefined) this.#begun.delete(oldest);
  }
}

function isBeginningOfHello({ type, fragment }: DtlsRecord): boolean {
  const [first] = type === contentType.handshake ? readFragments(fragment) : [];
  const isHello = first?.type === handshakeType.clientHello;
  return isHello && first.offset === 0 && first.bytes.length < first.length;
}
