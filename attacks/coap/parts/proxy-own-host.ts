import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";
import type { LabAddress } from "#contract/bench.ts";

/** The address of this machine that a target can reach: loopback where the target is there. Nothing is sent to find it. */
export async function ownHost({ host, port }: Pick<LabAddress, "host" | "port">): Promise<string> {
  if (host.startsWith("127.")) return "127.0.0.1";
  const socket = createSocket(isIPv6(host) ? "udp6" : "udp4");
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.connect(port, host, resolve);
    });
    return socket.address().address;
  } finally {
    socket.close();
  }
}
