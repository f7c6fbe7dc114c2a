import type { DatagramPort, Peer } from "#simulator/udp/datagram.ts";

/** Ports in memory that lose nothing: a datagram arrives once whoever sent it has finished. */
export function directPorts(): () => Promise<DatagramPort> {
  const listeners = new Map<number, (bytes: Buffer, from: Peer) => void>();
  let nextPort = 1_024;
  return async () => {
    const local = { host: "127.0.0.1", port: nextPort++ };
    return {
      local,
      send(bytes, to) {
        const copy = Buffer.from(bytes);
        queueMicrotask(() => listeners.get(to.port)?.(copy, local));
      },
      hear: (listener) => void listeners.set(local.port, listener),
      close: async () => void listeners.delete(local.port),
    };
  };
}
