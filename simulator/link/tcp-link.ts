import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import type { Bench } from "#contract/bench.ts";
import { LabError } from "#contract/errors.ts";
import { Relay, resetNow } from "./relay.ts";

/** Devices that may knock at the same moment; the kernel may hold it lower. */
const backlog = 4_096;

/** Delay of every chunk in each direction: `latencyMs`, give or take up to `jitterMs`. */
export interface Slowness {
  readonly latencyMs: number;
  readonly jitterMs: number;
}

/** A TCP connection between fleet and target that can be made worse, and knows what it carried. */
export interface TcpLink extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** Resets all connections, and every new one as soon as it is made, until disposed. */
  cut(): Promise<AsyncDisposable>;
  /** Delays every chunk until disposed; links that are slowed twice add up. */
  slow(by: Slowness): Promise<AsyncDisposable>;
}

/** Everything that a link counts; exact, and noted as `link.totals` when it is disposed of. */
interface Totals {
  /** Connections that came in. */
  accepted: number;
  /** … and were reset because the link was cut when they came, */
  refused: number;
  /** … or because the cut found them open, */
  severed: number;
  /** … or because the target could not be reached. */
  unreachable: number;
  toTargetBytes: number;
  fromTargetBytes: number;
}

/** Hears of every connection that a link relays, before a byte has passed; must leave both ends as they are. */
export type Overhear = (client: Socket, target: Socket) => void;

/** Opens a link on loopback that leads to `to`; a user-space proxy, so it needs no rights. */
export async function openTcpLink(
  bench: Bench,
  to: { readonly host: string; readonly port: number },
  overhear?: Overhear,
): Promise<TcpLink> {
  const link = new OpenLink(bench, to, overhear);
  await link.listen();
  return link;
}

class OpenLink implements TcpLink {
  readonly host = "127.0.0.1";
  readonly #bench: Bench;
  readonly #to: { readonly host: string; readonly port: number };
  readonly #overhear: Overhear | undefined;
  readonly #server: Server;
  readonly #relays = new Set<Relay>();
  readonly #cuts = new Set<object>();
  readonly #slowed = new Set<Slowness>();
  readonly #totals: Totals = {
    accepted: 0,
    refused: 0,
    severed: 0,
    unreachable: 0,
    toTargetBytes: 0,
    fromTargetBytes: 0,
  };

  constructor(bench: Bench, to: { readonly host: string; readonly port: number }, overhear: Overhear | undefined) {
    this.#bench = bench;
    this.#to = to;
    this.#overhear = overhear;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket));
  }

  get port(): number {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a listening TCP server has this kind of address
    return (this.#server.address() as AddressInfo).port;
  }

  async listen(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once("error", reject);
    this.#server.listen({ host: this.host, port: 0, backlog }, resolve);
    try {
      await promise;
    } catch (cause) {
      throw new LabError("E_LIMIT", "the link found no free port on 127.0.0.1", "End programs that hold many ports.", {
        cause,
      });
    }
  }

  async cut(): Promise<AsyncDisposable> {
    const mine = {};
    this.#cuts.add(mine);
    const severed = this.#relays.size;
    const { refused } = this.#totals;
    this.#totals.severed += severed;
    for (const relay of this.#relays) relay.reset();
    this.#bench.observe.note("link.cut", { severed });
    return onceLifted(() => {
      this.#cuts.delete(mine);
      this.#bench.observe.note("link.restored", { refused: this.#totals.refused - refused });
    });
  }

  async slow({ latencyMs, jitterMs }: Slowness): Promise<AsyncDisposable> {
    const mine = { latencyMs, jitterMs };
    this.#slowed.add(mine);
    this.#bench.observe.note("link.slowed", { ...mine, connections: this.#relays.size });
    return onceLifted(() => {
      this.#slowed.delete(mine);
      this.#bench.observe.note("link.unslowed", { connections: this.#relays.size });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    const last = [...this.#relays];
    for (const relay of last) relay.reset();
    await Promise.all([closed, ...last.map(({ ended }) => ended)]);
    this.#bench.observe.note("link.totals", { ...this.#totals, open: last.length });
  }

  #accept(socket: Socket): void {
    this.#totals.accepted += 1;
    if (this.#cuts.size > 0) {
      this.#totals.refused += 1;
      socket.on("error", () => {});
      resetNow(socket);
      return;
    }
    // Host and port alone: an address for WebSocket has a path, which `connect` would take for a local socket.
    const { host, port } = this.#to;
    const target = connect({ host, port, allowHalfOpen: true, noDelay: true });
    const relay = new Relay(socket, target, this.#bench.clock, () => this.#delayMs());
    this.#overhear?.(socket, target);
    this.#relays.add(relay);
    void this.#count(relay);
  }

  async #count(relay: Relay): Promise<void> {
    const { unreachable, toTargetBytes, fromTargetBytes } = await relay.ended;
    this.#relays.delete(relay);
    if (unreachable) this.#totals.unreachable += 1;
    this.#totals.toTargetBytes += toTargetBytes;
    this.#totals.fromTargetBytes += fromTargetBytes;
  }

  #delayMs(): number {
    let sum = 0;
    for (const { latencyMs, jitterMs } of this.#slowed) {
      sum += Math.max(0, latencyMs + (2 * this.#bench.random.next() - 1) * jitterMs);
    }
    return sum;
  }
}

/** A disposable that lifts once, however often it is disposed of. */
function onceLifted(lift: () => void): AsyncDisposable {
  let lifted = false;
  return {
    [Symbol.asyncDispose]: async () => {
      if (lifted) return;
      lifted = true;
      lift();
    },
  };
}
