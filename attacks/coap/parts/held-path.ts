import type { Bench, LabAddress } from "#contract/bench.ts";
import type { WireReference } from "#contract/observation.ts";
import type { Peer } from "#simulator/udp/datagram.ts";
import { recordedPort } from "#simulator/udp/recorded-port.ts";
import { openUdpPort } from "#simulator/udp/udp-port.ts";

/** A box on the path between one client and a server, which can keep what the client sends and let it go later. */
export interface HeldPath extends AsyncDisposable {
  /** Where the client sends to. */
  readonly entrance: Peer;
  /** What goes on to the server. */
  readonly reference: WireReference;
  /** Datagrams that are kept. */
  readonly kept: number;
  /** From now on the client's datagrams are kept. */
  hold(): void;
  /** From now on they pass again; what is kept stays. */
  pass(): void;
  /** Lets go what is kept, in its order. */
  release(): void;
}

/** Opens a box in front of `at`, on loopback. It lets everything pass at first. */
export async function openHeldPath(bench: Bench, at: LabAddress): Promise<HeldPath> {
  const host = at.host.includes(":") ? "::1" : "127.0.0.1";
  const server = { host: at.host, port: at.port };
  const inner = await openUdpPort({ host, port: 0 });
  const outer = recordedPort(
    await openUdpPort({ host: at.host === host || at.host.startsWith("127.") ? host : "0.0.0.0", port: 0 }),
    bench.wire,
  );
  let client: Peer | undefined;
  let isHolding = false;
  const kept: Buffer[] = [];
  inner.hear((bytes, from) => {
    client = from;
    if (isHolding) kept.push(bytes);
    else outer.send(bytes, server);
  });
  outer.hear((bytes) => {
    if (client !== undefined) inner.send(bytes, client);
  });
  return {
    entrance: inner.local,
    reference: outer.reference(server),
    get kept() {
      return kept.length;
    },
    hold: () => void (isHolding = true),
    pass: () => void (isHolding = false),
    release: () => {
      for (const bytes of kept.splice(0)) outer.send(bytes, server);
    },
    [Symbol.asyncDispose]: async () => void (await Promise.all([inner.close(), outer.close()])),
  };
}
