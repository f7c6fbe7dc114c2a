import type { Bench, LabAddress } from "#contract/bench.ts";
import type { Link } from "#engine/lab.ts";
import { openTcpLink } from "#simulator/link/tcp-link.ts";
import { openUdpLink } from "#simulator/link/udp-link.ts";

/** The simulator's link, over TCP or UDP as the address needs it, as the engine wants it. */
export async function openLabLink(bench: Bench, to: LabAddress): Promise<Link> {
  const isUdp = to.scheme === "coap" || to.scheme === "coaps";
  const link = await (isUdp ? openUdpLink(bench, to) : openTcpLink(bench, to));
  return {
    host: link.host,
    port: link.port,
    can: { cutLink: () => link.cut(), slowLink: (by) => link.slow(by) },
    [Symbol.asyncDispose]: () => link[Symbol.asyncDispose](),
  };
}
