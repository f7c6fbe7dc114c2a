import { type DatagramPort, type Peer, peerKey } from "../udp/datagram.ts";

/** Clients that are known at once; for one more, the one silent for longest is forgotten. */
const mostClients = 16_384;
/** Datagrams of one client that wait for its socket. */
const mostWaiting = 64;

/** Told what came back for a client. */
type Answered = (bytes: Buffer, from: Peer, client: Peer) => void;

interface Upstream {
  readonly client: Peer;
  port: DatagramPort | undefined;
  /** Until there is a port. */
  waiting: Uint8Array[];
}

/** A socket towards the target for every client, as a NAT has them, opened with the client's first datagram. */
export class Upstreams {
  readonly #to: Peer;
  readonly #open: (client: Peer) => Promise<DatagramPort>;
  readonly #answered: Answered;
  readonly #most: number;
  /** The one silent for longest first. */
  readonly #known = new Map<string, Upstream>();
  readonly #opening = new Set<Promise<void>>();
  #isOver = false;
  /** Clients that ever came. */
  opened = 0;

  constructor(to: Peer, open: (client: Peer) => Promise<DatagramPort>, answered: Answered, most = mostClients) {
    this.#to = to;
    this.#open = open;
    this.#answered = answered;
    this.#most = most;
  }

  get clients(): readonly Peer[] {
    return Array.from(this.#known.values(), ({ client }) => client);
  }

  send(bytes: Uint8Array, client: Peer): void {
    if (this.#isOver) return;
    const upstream = this.#of(client);
    if (upstream.port !== undefined) upstream.port.send(bytes, this.#to);
    else if (upstream.waiting.length < mostWaiting) upstream.waiting.push(bytes);
  }

  async close(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#opening);
    await Promise.all(Array.from(this.#known.values()).flatMap(({ port }) => port?.close() ?? []));
    this.#known.clear();
  }

  #of(client: Peer): Upstream {
    const key = peerKey(client);
    const known = this.#known.get(key);
    const upstream = known ?? { client, port: undefined, waiting: [] };
    this.#known.delete(key);
    this.#known.set(key, upstream);
    if (known === undefined) this.#admit(key, upstream);
    return upstream;
  }

  #admit(key: string, upstream: Upstream): void {
    this.opened++;
    if (this.#known.size > this.#most) this.#forgetOldest();
    const opening = this.#connect(key, upstream).finally(() => this.#opening.delete(opening));
    this.#opening.add(opening);
  }

  async #connect(key: string, upstream: Upstream): Promise<void> {
    const { client } = upstream;
    try {
      const port = await this.#open(client);
      if (this.#known.get(key) !== upstream) return await port.close();
      port.hear((bytes, from) => this.#answered(bytes, from, client));
      upstream.port = port;
      for (const bytes of upstream.waiting) port.send(bytes, this.#to);
      upstream.waiting = [];
    } catch {
      // Without a socket the client's datagrams are lost; its next one tries again.
      if (this.#known.get(key) === upstream) this.#known.delete(key);
    }
  }

  #forgetOldest(): void {
    const [oldest] = this.#known;
    if (oldest === undefined) return;
    const [key, { port }] = oldest;
    this.#known.delete(key);
    void port?.close();
  }
}
