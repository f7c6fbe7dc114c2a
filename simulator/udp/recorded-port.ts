import type { Wire, WireStream } from "#contract/bench.ts";
import type { WireReference } from "#contract/observation.ts";
import { type DatagramPort, type Peer, peerKey } from "./datagram.ts";

/** A port whose datagrams are kept as evidence. */
export interface RecordedPort extends DatagramPort {
  /** Where the datagrams to and from that peer lie. */
  reference(peer: Peer): WireReference;
}

/** Keeps every datagram that goes through `port`, one conversation for each peer. */
export function recordedPort(port: DatagramPort, wire: Wire): RecordedPort {
  const streams = new Map<string, WireStream>();
  const streamOf = (peer: Peer): WireStream => {
    const key = peerKey(peer);
    const known = streams.get(key);
    if (known !== undefined) return known;
    const opened = wire.open({ local: port.local, remote: peer, over: "udp" });
    streams.set(key, opened);
    return opened;
  };
  return {
    local: port.local,
    reference: (peer) => streamOf(peer).reference,
    send(bytes, to) {
      streamOf(to).sent(bytes);
      port.send(bytes, to);
    },
    hear(listener) {
      port.hear((bytes, from) => {
        streamOf(from).received(bytes);
        listener(bytes, from);
      });
    },
    close: () => port.close(),
  };
}
