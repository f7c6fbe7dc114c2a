import { LabError } from "#contract/errors.ts";
import type { DatagramPort } from "../udp/datagram.ts";
import { openUdpPort } from "../udp/udp-port.ts";

/**
 * Opens a socket from which number `index` of many reaches that host. Towards a loopback address each has an address of
 * its own, 127.64.0.1 and on, so that a server that counts by address does not take a fleet for one client.
 */
export async function openLocalPort(index: number, towards: string): Promise<DatagramPort> {
  if (towards.includes(":")) return openUdpPort({ host: towards === "::1" ? "::1" : "::", port: 0 });
  if (!towards.startsWith("127.")) return openUdpPort({ host: "0.0.0.0", port: 0 });
  try {
    return await openUdpPort({ host: loopbackOf(index), port: 0 });
  } catch (cause) {
    // Only Linux has all of 127.0.0.0/8 without being told.
    if (!(cause instanceof LabError) || cause.code !== "E_TARGET_START") throw cause;
    return openUdpPort({ host: "127.0.0.1", port: 0 });
  }
}

function loopbackOf(index: number): string {
  const number = (index + 1) % 0x40_0000;
  return `127.${64 + (number >>> 16)}.${(number >>> 8) & 0xff}.${number & 0xff}`;
}
