import type { Socket } from "node:net";
import type { Bench, LabAddress } from "#contract/bench.ts";
import type { PacketCounts } from "#contract/load.ts";
import { PacketCounter, type PacketSums, type Sender, type StreamCounter } from "./packet-counter.ts";
import { WebSocketCounter } from "./packet-counter-web-socket.ts";
import { openTcpLink } from "./tcp-link.ts";

/** A TCP connection to a target that counts the MQTT packets on it, and changes nothing. */
export interface CountingRelay extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /**
   * Packets whose last byte has passed so far, on all connections. Undefined for `mqtts` and `wss`: nobody but the two
   * ends can read those.
   */
  counts(): PacketCounts | undefined;
}

/**
 * Opens a relay on loopback that leads to `to`. A connection on which something else is spoken than the scheme says is
 * relayed all the same, and counted no further.
 */
export async function openCountingRelay(bench: Bench, to: LabAddress): Promise<CountingRelay> {
  const sums = { connects: 0, accepted: 0, published: 0, delivered: 0 };
  const counterFor = counters[to.scheme];
  const link = await openTcpLink(
    bench,
    to,
    counterFor &&
      ((client, target) => {
        count(client, counterFor(sums, "client"));
        count(target, counterFor(sums, "server"));
      }),
  );
  return {
    host: link.host,
    port: link.port,
    counts: () => counterFor && { ...sums },
    [Symbol.asyncDispose]: () => link[Symbol.asyncDispose](),
  };
}

type CounterFor = (sums: PacketSums, sender: Sender) => StreamCounter;

const counters: { readonly [scheme in LabAddress["scheme"]]: CounterFor | undefined } = {
  mqtt: (sums, sender) => new PacketCounter(sums, sender),
  ws: (sums, sender) => new WebSocketCounter(new PacketCounter(sums, sender), sender),
  mqtts: undefined,
  wss: undefined,
  coap: undefined,
  coaps: undefined,
  "coap+tcp": undefined,
};

function count(from: Socket, counter: StreamCounter): void {
  const take = (bytes: Uint8Array) => {
    counter.take(bytes, 0, bytes.length);
    if (!counter.reads) from.off("data", take);
  };
  from.on("data", take);
}
