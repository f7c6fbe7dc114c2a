import { connectDtls, type DtlsClientOptions } from "#simulator/dtls/connect-dtls.ts";
import { type DtlsServer, type DtlsServerOptions, startDtlsServer } from "#simulator/dtls/dtls-server.ts";
import { type DtlsServerKnobs, hardenedDtls } from "#simulator/dtls/server-knobs.ts";
import type { DatagramPort, Peer } from "#simulator/udp/datagram.ts";
import { type Fate, MemoryNetwork } from "#simulator/udp/memory-network.ts";
import { randomOf, VirtualClock } from "./bench.ts";

/** The one identity that the server of a {@link DtlsPair} knows, and its key. */
export const pairIdentity = "device";
export const pairKey = Buffer.from("a key of the pair");

/** A DTLS server in memory, and whatever connects to it, all on one virtual clock. */
export interface DtlsPair {
  readonly clock: VirtualClock;
  readonly network: MemoryNetwork;
  readonly server: DtlsServer;
  /** What the server took for genuine, with whom it came from. */
  readonly heard: readonly { readonly text: string; readonly from: Peer }[];
  /** A fresh port of the client's. */
  open(port?: number): DatagramPort;
  connect(
    options?: Partial<DtlsClientOptions>,
    port?: DatagramPort,
    signal?: AbortSignal,
  ): ReturnType<typeof connectDtls>;
  /** Lets time go on until the work is done; the network moves with it. */
  during<T>(work: Promise<T>): Promise<T>;
  /** Lets that much time go by. */
  pass(ms: number): Promise<void>;
}

const stepMs = 5;
const serverPeer: Peer = { host: "10.0.0.1", port: 5684 };

const keyOf = (identity: string) => (identity === pairIdentity ? pairKey : undefined);

/** A server that answers `…?` with `…!`. */
export function dtlsPair(
  given: {
    readonly fate?: Fate;
    readonly knobs?: Partial<DtlsServerKnobs>;
    readonly options?: Partial<DtlsServerOptions>;
  } = {},
): DtlsPair {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(given.fate);
  const random = randomOf(5);
  const knobs = { ...hardenedDtls, ...given.knobs };
  const server = startDtlsServer(network.open(serverPeer), { clock, random }, { keyOf, ...given.options, knobs });
  const heard: { readonly text: string; readonly from: Peer }[] = [];
  server.hear((bytes, from) => {
    heard.push({ text: bytes.toString(), from });
    server.send(Buffer.from(bytes.toString().replace("?", "!")), from);
  });
  let nextPort = 1_024;
  const open = (port = nextPort++) => network.open({ host: "10.0.0.2", port });
  const during = async <T>(work: Promise<T>): Promise<T> => {
    const done = new AbortController();
    const step = async (): Promise<void> => {
      while (!done.signal.aborted) {
        network.advance(clock.nowMs());
        await clock.sleep(stepMs);
      }
    };
    const steps = step();
    try {
      return await work;
    } finally {
      done.abort();
      await steps;
    }
  };
  return {
    clock,
    network,
    server,
    heard,
    open,
    during,
    pass: (ms) => during(clock.sleep(ms)),
    connect: (options = {}, port = open(), signal = new AbortController().signal) =>
      during(
        connectDtls(
          port,
          { clock, random, signal },
          { to: serverPeer, identity: pairIdentity, key: pairKey, withinMs: 30_000, ...options },
        ),
      ),
  };
}
