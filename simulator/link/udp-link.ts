import type { Bench } from "#contract/bench.ts";
import { type DatagramPort, isSamePeer, type Peer } from "../udp/datagram.ts";
import { recordedPort } from "../udp/recorded-port.ts";
import { openUdpPort } from "../udp/udp-port.ts";
import { DelayLine } from "./delay-line.ts";
import type { Slowness } from "./tcp-link.ts";
import { Upstreams } from "./upstreams.ts";
import { type Direction, Front, type Weather } from "./weather.ts";

/** A datagram on its way. The bytes belong to the link; whoever wants to keep or change them makes a copy. */
export interface Passing {
  readonly bytes: Buffer;
  readonly towards: Direction;
  /** The client that sent it, or that it is for. */
  readonly client: Peer;
}

/** A datagram that was taken out of the traffic. */
export interface Held extends Passing {
  /** Sends it on now; a second time sends it again. */
  release(): void;
}

/** Taking datagrams out of the traffic, as somebody on the path can; those not released are lost. Disposing ends it. */
export interface Holding extends Disposable {
  /** So far, in order; at most {@link mostHeld}, then nothing more is taken out. */
  readonly held: readonly Held[];
}

/** A UDP path between clients and a target that can be made worse, and a place for attacks from on the path. */
export interface UdpLink extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** Clients that have sent something, the one silent for longest first. */
  readonly clients: readonly Peer[];
  /** Loses every datagram, silently, until disposed: that is what a cut is on UDP. */
  cut(): Promise<AsyncDisposable>;
  /** Delays every datagram until disposed; links that are slowed twice add up. With jitter one may overtake another. */
  slow(by: Slowness): Promise<AsyncDisposable>;
  /** Makes the link worse until disposed; several add up. */
  worsen(by: Weather): Disposable;
  /** Takes out every datagram that `which` accepts. It is asked once for each, before any weather, so it also overhears. */
  hold(which: (passing: Passing) => boolean): Holding;
  /** Sends bytes of one's own as if they came from the other side; no weather delays them. */
  insert(bytes: Uint8Array, towards: Direction, client: Peer): void;
}

/** Where a link gets its sockets, so that it can be tried without any. */
export interface LinkPorts {
  /** What the clients send to. */
  readonly front: DatagramPort;
  /** Opens what the target sees in place of this client. */
  upstream(client: Peer): Promise<DatagramPort>;
}

/** Datagrams that are kept by one {@link Holding}. */
export const mostHeld = 1_024;
/** Datagrams that may be under way at once; more are lost. */
const mostUnderWay = 65_536;

/**
 * Opens a link on loopback that leads to `to`. Every client is another socket towards the target, from the client's own
 * address where both are on loopback.
 * @param kept "recorded" keeps all datagrams on the wire of the bench, on both sides of the link.
 */
export async function openUdpLink(
  bench: Bench,
  to: { readonly host: string; readonly port: number },
  kept: "recorded" | "unrecorded" = "unrecorded",
): Promise<UdpLink> {
  const wired = (port: DatagramPort) => (kept === "recorded" ? recordedPort(port, bench.wire) : port);
  return linkBetween(bench, to, {
    front: wired(await openUdpPort({ host: "127.0.0.1", port: 0 })),
    upstream: async (client) => wired(await openUdpPort({ host: sourceFor(client, to.host), port: 0 })),
  });
}

/** A link over the given ports, which it closes when it is disposed of. */
export function linkBetween(
  bench: Pick<Bench, "clock" | "random" | "observe">,
  to: { readonly host: string; readonly port: number },
  ports: LinkPorts,
): UdpLink {
  return new OpenLink(bench, { host: to.host, port: to.port }, ports);
}

/** Everything that a link counts; exact, and noted as `link.totals` when it is disposed of. */
interface Totals {
  toTargetDatagrams: number;
  fromTargetDatagrams: number;
  toTargetBytes: number;
  fromTargetBytes: number;
  /** Lost by a cut, by weather, or because too much was under way. */
  lost: number;
  /** Taken out, released or not. */
  held: number;
  /** Put in by somebody on the path. */
  inserted: number;
}

class OpenLink implements UdpLink {
  readonly host: string;
  readonly port: number;
  readonly #bench: Pick<Bench, "clock" | "random" | "observe">;
  readonly #front: DatagramPort;
  readonly #upstreams: Upstreams;
  readonly #line: DelayLine;
  readonly #cuts = new Set<object>();
  readonly #fronts = new Set<Front>();
  readonly #holdings = new Set<(passing: Passing) => boolean>();
  readonly #totals: Totals = {
    toTargetDatagrams: 0,
    fromTargetDatagrams: 0,
    toTargetBytes: 0,
    fromTargetBytes: 0,
    lost: 0,
    held: 0,
    inserted: 0,
  };

  constructor(bench: Pick<Bench, "clock" | "random" | "observe">, to: Peer, ports: LinkPorts) {
    const { front } = ports;
    this.host = front.local.host;
    this.port = front.local.port;
    this.#bench = bench;
    this.#front = front;
    this.#line = new DelayLine(bench.clock, mostUnderWay);
    this.#upstreams = new Upstreams(
      to,
      (client) => ports.upstream(client),
      (bytes, from, client) => {
        // Like a firewall that knows its conversations: only the target may answer.
        if (isSamePeer(from, to)) this.#pass({ bytes, towards: "client", client });
      },
    );
    front.hear((bytes, client) => this.#pass({ bytes, towards: "target", client }));
  }

  get clients(): readonly Peer[] {
    return this.#upstreams.clients;
  }

  async cut(): Promise<AsyncDisposable> {
    const mine = {};
    this.#cuts.add(mine);
    const { lost } = this.#totals;
    this.#bench.observe.note("link.cut", { clients: this.clients.length });
    return lifting(() => {
      this.#cuts.delete(mine);
      this.#bench.observe.note("link.restored", { lost: this.#totals.lost - lost });
    });
  }

  async slow({ latencyMs, jitterMs }: Slowness): Promise<AsyncDisposable> {
    const mine = new Front({ latencyMs, jitterMs }, this.#bench.random);
    this.#fronts.add(mine);
    this.#bench.observe.note("link.slowed", { latencyMs, jitterMs, clients: this.clients.length });
    return lifting(() => {
      this.#fronts.delete(mine);
      this.#bench.observe.note("link.unslowed", { clients: this.clients.length });
    });
  }

  worsen(by: Weather): Disposable {
    const mine = new Front(by, this.#bench.random);
    this.#fronts.add(mine);
    return { [Symbol.dispose]: () => void this.#fronts.delete(mine) };
  }

  hold(which: (passing: Passing) => boolean): Holding {
    const held: Held[] = [];
    const take = (passing: Passing): boolean => {
      if (held.length >= mostHeld || !which(passing)) return false;
      held.push({ ...passing, release: () => this.#deliver(passing) });
      return true;
    };
    this.#holdings.add(take);
    return { held, [Symbol.dispose]: () => void this.#holdings.delete(take) };
  }

  insert(bytes: Uint8Array, towards: Direction, client: Peer): void {
    this.#totals.inserted++;
    this.#deliver({ bytes: Buffer.from(bytes), towards, client });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#line.stop();
    const clients = this.#upstreams.opened;
    await Promise.all([this.#front.close(), this.#upstreams.close()]);
    this.#bench.observe.note("link.totals", { clients, ...this.#totals });
  }

  #pass(passing: Passing): void {
    if (this.#cuts.size > 0) return this.#lose();
    for (const take of this.#holdings) {
      if (!take(passing)) continue;
      this.#totals.held++;
      return;
    }
    const copies = this.#fate(passing);
    if (copies.length === 0) return this.#lose();
    for (const afterMs of copies) {
      if (afterMs === 0) this.#deliver(passing);
      else if (!this.#line.put(afterMs, () => this.#deliver(passing))) this.#lose();
    }
  }

  #fate({ towards, bytes }: Passing): readonly number[] {
    const nowMs = this.#bench.clock.nowMs();
    let copies: readonly number[] = [0];
    for (const front of this.#fronts) {
      copies = copies.flatMap((soFar) => front.fate(towards, bytes.length, nowMs).map((more) => soFar + more));
    }
    return copies;
  }

  #deliver({ bytes, towards, client }: Passing): void {
    if (this.#cuts.size > 0) return this.#lose();
    if (towards === "client") {
      this.#totals.fromTargetDatagrams++;
      this.#totals.fromTargetBytes += bytes.length;
      this.#front.send(bytes, client);
    } else {
      this.#totals.toTargetDatagrams++;
      this.#totals.toTargetBytes += bytes.length;
      this.#upstreams.send(bytes, client);
    }
  }

  #lose(): void {
    this.#totals.lost++;
  }
}

/** Address that a client has towards the target: its own one where that can be, so that the target can tell clients apart. */
function sourceFor({ host }: Peer, target: string): string {
  if (target.includes(":")) return target === "::1" ? "::1" : "::";
  if (!target.startsWith("127.")) return "0.0.0.0";
  return host.startsWith("127.") ? host : "127.0.0.1";
}

/** Lifts once, however often it is disposed of. */
function lifting(lift: () => void): AsyncDisposable {
  const stack = new AsyncDisposableStack();
  stack.defer(lift);
  return stack;
}
