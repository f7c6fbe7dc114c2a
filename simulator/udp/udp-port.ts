import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";
import { LabError } from "#contract/errors.ts";
import type { DatagramPort, Peer } from "./datagram.ts";

type Listener = (bytes: Buffer, from: Peer) => void;

const deaf: Listener = () => {};

/** Bytes that the system keeps for a socket until they are read; it grants less where its own limit is lower. */
const receiveBufferBytes = 4 << 20;

/**
 * Opens a UDP socket.
 * Throws E_PORT_TAKEN, E_LIMIT or E_TARGET_START; what the network does later is never thrown.
 * @param where port 0 takes a free one.
 */
export async function openUdpPort(where: { readonly host: string; readonly port: number }): Promise<DatagramPort> {
  // Addresses here are literals, so nothing is looked up; the usual look-up costs a tick for every datagram.
  const family = isIPv6(where.host) ? 6 : 4;
  const socket = createSocket({
    type: family === 6 ? "udp6" : "udp4",
    recvBufferSize: receiveBufferBytes,
    lookup: (host, _options, found) => found(null, host, family),
  });
  let listener: Listener = deaf;
  let isOpen = true;
  socket.on("message", (bytes, from) => listener(bytes, { host: from.address, port: from.port }));
  await new Promise<void>((resolve, reject) => {
    socket.once("error", (cause) => {
      socket.close();
      reject(cannotBind(where, cause));
    });
    socket.bind(where.port, where.host, resolve);
  });
  socket.removeAllListeners("error");
  // ICMP errors of earlier datagrams come here; a datagram may be lost without a word, so they say nothing new.
  socket.on("error", () => {});
  const { address, port } = socket.address();
  return {
    local: { host: address, port },
    send(bytes, to) {
      if (isOpen) socket.send(bytes, to.port, to.host);
    },
    hear(next) {
      listener = next;
    },
    close: () =>
      new Promise<void>((resolve) => {
        if (!isOpen) return resolve();
        isOpen = false;
        listener = deaf;
        socket.close(() => resolve());
      }),
  };
}

function cannotBind(where: { readonly host: string; readonly port: number }, cause: NodeJS.ErrnoException): LabError {
  if (cause.code === "EMFILE" || cause.code === "ENFILE") {
    return new LabError("E_LIMIT", "no more sockets can be opened", "Raise the limit: ulimit -n 65536.", { cause });
  }
  return new LabError(
    cause.code === "EADDRINUSE" ? "E_PORT_TAKEN" : "E_TARGET_START",
    `UDP ${where.host}:${where.port} cannot be used: ${cause.message}`,
    "Free the port, or name another.",
    { cause },
  );
}
