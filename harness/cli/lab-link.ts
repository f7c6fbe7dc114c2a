import type { Bench, LabAddress } from "#contract/bench.ts";
import type { Link } from "#engine/lab.ts";
import { openTcpLink } from "#simulator/link/tcp-link.ts";

/** The simulator's TCP link as the engine wants it. */
export async function openLabLink(bench: Bench, to: LabAddress): Promise<Link> {
  const link = await openTcpLink(bench, to);
  return {
    host: link.host,
    port: link.port,
    can: { cutLink: () => link.cut(), slowLink: (by) => link.slow(by) },
    [Symbol.asyncDispose]: () => link[Symbol.asyncDispose](),
  };
}
