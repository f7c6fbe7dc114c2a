/** One end of a UDP conversation. */
export interface Peer {
  /** A literal IPv4 or IPv6 address. */
  readonly host: string;
  readonly port: number;
  /** Who it proved to be, where datagrams come out of a DTLS session: the PSK identity. */
  readonly identity?: string;
}

/**
 * A place where datagrams come in and go out: a UDP socket, the records of DTLS on top of one, or memory in tests.
 * Nothing here says that a datagram arrives, arrives once, or in order.
 */
export interface DatagramPort {
  readonly local: Peer;
  /** Sends one datagram, or loses it; never throws for what the network does. */
  send(bytes: Uint8Array, to: Peer): void;
  /** Replaces the listener. The bytes are the listener's own. */
  hear(listener: (bytes: Buffer, from: Peer) => void): void;
  close(): Promise<void>;
}

/** A peer as a key: `127.0.0.1:5683`. */
export function peerKey({ host, port }: Peer): string {
  return `${host}:${port}`;
}

/** Whether both are the same endpoint, as RFC 7252 §4.4 compares them: address and port (and security association). */
export function isSamePeer(one: Peer, other: Peer): boolean {
  return one.port === other.port && one.host === other.host && one.identity === other.identity;
}
