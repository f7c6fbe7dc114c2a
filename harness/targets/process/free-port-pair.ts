import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { freePort } from "./free-port.ts";

const tries = 50;

/**
 * A port of 127.0.0.1 that is free now, as is the one above it, for TCP and for UDP: CoAP servers take the first for
 * coap and the second for coaps. Somebody else may still take one first.
 */
export async function freePortPair(): Promise<number> {
  for (let left = tries; left > 0; left -= 1) {
    const port = await freePort();
    const isFree = port < 65_535 && (await isFreeForUdp(port)) && (await isFreeForTcp(port + 1));
    if (isFree && (await isFreeForUdp(port + 1))) return port;
  }
  throw new Error(`${tries} pairs of ports in a row were not free`);
}

/** Whether a port of 127.0.0.1 is free for UDP now. */
export function isFreeForUdp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    socket.once("error", () => socket.close(() => resolve(false)));
    socket.bind(port, "127.0.0.1", () => socket.close(() => resolve(true)));
  });
}

function isFreeForTcp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
