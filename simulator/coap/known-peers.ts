import type { Peer } from "../udp/datagram.ts";

/** What a server knows of one endpoint. */
export interface KnownPeer {
  /** Address, port and, after DTLS, identity. */
  readonly key: string;
  /** No other endpoint of this server has it. */
  readonly number: number;
  /** Whose requests count together: the identity, or the address. */
  readonly source: string;
  readonly peer: Peer;
  /** Until then it counts as shown that it receives what is sent there. */
  provenUntilMs: number;
  /** The newest Echo that it has used. */
  lastEcho: number;
}

/** Endpoints that are remembered; the oldest is forgotten for a new one. */
const mostPeers = 16_384;

/** The endpoints that a server has heard of. */
export class KnownPeers {
  readonly #byKey = new Map<string, KnownPeer>();
  /** The last endpoint with this port: nearly always the one that is looked for, and found without its key. */
  readonly #byPort = new Map<number, KnownPeer>();
  #added = 0;

  of(peer: Peer): KnownPeer {
    const likely = this.#byPort.get(peer.port);
    if (likely !== undefined && likely.peer.host === peer.host && likely.peer.identity === peer.identity) return likely;
    const known = this.#byKey.get(keyOf(peer)) ?? this.#add(peer);
    this.#byPort.set(peer.port, known);
    return known;
  }

  #add(peer: Peer): KnownPeer {
    const { host, identity } = peer;
    const key = keyOf(peer);
    const added: KnownPeer = {
      key,
      number: this.#added++,
      source: identity === undefined ? host : `identity ${identity}`,
      peer,
      provenUntilMs: identity === undefined ? 0 : Number.POSITIVE_INFINITY,
      lastEcho: -1,
    };
    this.#byKey.set(key, added);
    if (this.#byKey.size > mostPeers) this.#forgetOldest();
    return added;
  }

  #forgetOldest(): void {
    for (const [key, { peer }] of this.#byKey) {
      this.#byKey.delete(key);
      if (this.#byPort.get(peer.port)?.key === key) this.#byPort.delete(peer.port);
      return;
    }
  }
}

function keyOf({ host, port, identity }: Peer): string {
  return identity === undefined ? `${host}:${port}` : `${host}:${port} ${identity}`;
}
