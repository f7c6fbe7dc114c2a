import { createSocket } from "node:dgram";
import { LabError } from "#contract/errors.ts";
import type { DatagramPort } from "../udp/datagram.ts";

/** 224.0.0.0/4 or ff00::/8. */
export function isMulticastAddress(host: string): boolean {
  if (host.includes(":")) return host.toLowerCase().startsWith("ff");
  const first = Number(host.slice(0, host.indexOf(".")));
  return first >= 224 && first < 240;
}

type Listener = Parameters<DatagramPort["hear"]>[0];

const deaf: Listener = () => {};

/**
 * Opens a socket that hears only what is sent to an IPv4 group; what it sends has the interface's own address.
 * Throws E_PORT_TAKEN.
 * @param on address of the interface, loopback unless told otherwise.
 */
export async function openGroupPort(
  group: { readonly host: string; readonly port: number },
  on = "127.0.0.1",
): Promise<DatagramPort> {
  const socket = createSocket({ type: "udp4", reuseAddr: true });
  let listener: Listener = deaf;
  let isOpen = true;
  socket.on("message", (bytes, { address, port }) => listener(bytes, { host: address, port }));
  await new Promise<void>((resolve, reject) => {
    socket.once("error", (cause) => {
      socket.close();
      const hint = "Free the port, or name another.";
      reject(new LabError("E_PORT_TAKEN", `group ${group.host}:${group.port}: ${cause.message}`, hint, { cause }));
    });
    socket.bind(group.port, group.host, resolve);
  });
  socket.removeAllListeners("error");
  socket.on("error", () => {});
  socket.addMembership(group.host, on);
  socket.setMulticastInterface(on);
  return {
    local: { host: group.host, port: socket.address().port },
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
        socket.close(() => resolve());
      }),
  };
}
