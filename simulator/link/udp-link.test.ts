import { beforeEach, describe, expect, it } from "vitest";
import type { Wire } from "#contract/bench.ts";
import type { Observation } from "#contract/observation.ts";
import { benchOf, randomOf, realClock, VirtualClock } from "#testing/bench.ts";
import type { DatagramPort, Peer } from "../udp/datagram.ts";
import { MemoryNetwork } from "../udp/memory-network.ts";
import { openUdpPort } from "../udp/udp-port.ts";
import { linkBetween, openUdpLink, type UdpLink } from "./udp-link.ts";

const target: Peer = { host: "10.0.0.1", port: 5683 };
const front: Peer = { host: "10.0.0.2", port: 1 };

let history: Observation[];
let clock: VirtualClock;
let network: MemoryNetwork;
let link: UdpLink;
/** What the target heard, and from whom. */
let heard: { readonly text: string; readonly from: Peer }[];
let upstreams: number;

beforeEach(() => {
  history = [];
  heard = [];
  upstreams = 0;
  clock = new VirtualClock();
  network = new MemoryNetwork();
  const server = network.open(target);
  // An echo with a mark, so that an answer is told from a question.
  server.hear((bytes, from) => {
    heard.push({ text: bytes.toString(), from });
    server.send(Buffer.from(`re:${bytes.toString()}`), from);
  });
  link = linkBetween(benchOf(history, { clock, random: randomOf(3) }), target, {
    front: network.open(front),
    upstream: async () => network.open({ host: "10.0.0.2", port: 1_000 + upstreams++ }),
  });
});

/** A client behind the link, and what it heard. */
function clientOf(port: number): { readonly port: DatagramPort; readonly got: string[]; say(text: string): void } {
  const own = network.open({ host: "10.0.0.3", port });
  const got: string[] = [];
  own.hear((bytes) => got.push(bytes.toString()));
  return { port: own, got, say: (text) => own.send(Buffer.from(text), front) };
}

async function pass(ms: number): Promise<void> {
  for (const untilMs = clock.nowMs() + ms; clock.nowMs() < untilMs; ) {
    network.advance(clock.nowMs());
    await clock.sleep(1);
  }
  network.advance(clock.nowMs());
}

const detailOf = (action: string) => history.findLast((seen) => seen.action === action)?.detail;

describe("an undisturbed link", () => {
  it("carries datagrams both ways, from one socket for each client", async () => {
    const [one, other] = [clientOf(1), clientOf(2)];
    one.say("a");
    one.say("b");
    other.say("c");
    await pass(5);
    expect(heard.map(({ text }) => text)).toEqual(["a", "b", "c"]);
    expect(new Set(heard.map(({ from }) => from.port)).size).toBe(2);
    expect([one.got, other.got]).toEqual([["re:a", "re:b"], ["re:c"]]);
    expect(link.clients.map(({ port }) => port)).toEqual([1, 2]);
  });

  it("carries nothing to a client that comes from anybody but the target", async () => {
    const one = clientOf(1);
    one.say("a");
    await pass(5);
    network.open({ host: "10.6.6.6", port: 5683 }).send(Buffer.from("evil"), { host: "10.0.0.2", port: 1_000 });
    await pass(5);
    expect(one.got).toEqual(["re:a"]);
  });

  it("tells at its end what it carried", async () => {
    const one = clientOf(1);
    one.say("four");
    await pass(5);
    await link[Symbol.asyncDispose]();
    expect(detailOf("link.totals")).toEqual({
      clients: 1,
      toTargetDatagrams: 1,
      fromTargetDatagrams: 1,
      toTargetBytes: 4,
      fromTargetBytes: 7,
      lost: 0,
      held: 0,
      inserted: 0,
    });
    one.say("late");
    await pass(5);
    expect(heard).toHaveLength(1);
  });
});

describe("a link that is cut", () => {
  it("loses everything without a word, also what is under way, until it is restored", async () => {
    const one = clientOf(1);
    const slowed = await link.slow({ latencyMs: 10, jitterMs: 0 });
    one.say("under way");
    await pass(5);
    const cut = await link.cut();
    one.say("cut off");
    await pass(50);
    expect([heard, one.got]).toEqual([[], []]);
    await cut[Symbol.asyncDispose]();
    await cut[Symbol.asyncDispose]();
    await slowed[Symbol.asyncDispose]();
    one.say("back");
    await pass(5);
    expect(one.got).toEqual(["re:back"]);
    expect(history.filter(({ action }) => action === "link.restored")).toHaveLength(1);
    expect(detailOf("link.restored")).toEqual({ lost: 2 });
  });

  it("stays cut until the last of two cuts is lifted", async () => {
    const one = clientOf(1);
    const [first, second] = [await link.cut(), await link.cut()];
    await first[Symbol.asyncDispose]();
    one.say("a");
    await pass(5);
    expect(heard).toHaveLength(0);
    await second[Symbol.asyncDispose]();
    one.say("b");
    await pass(5);
    expect(heard).toHaveLength(1);
  });
});

describe("a link in bad weather", () => {
  it("adds up what delays it, in each direction", async () => {
    const one = clientOf(1);
    await link.slow({ latencyMs: 20, jitterMs: 0 });
    link.worsen({ towards: "client", latencyMs: 30 });
    one.say("a");
    await pass(19);
    expect(heard).toHaveLength(0);
    await pass(5);
    expect(heard).toHaveLength(1);
    await pass(40);
    expect(one.got).toEqual([]);
    await pass(15);
    expect(one.got).toEqual(["re:a"]);
  });

  it("doubles what is doubled twice four times, and is fair again once the weather is over", async () => {
    const one = clientOf(1);
    {
      using _twice = link.worsen({ towards: "target", duplicate: 1 });
      using _again = link.worsen({ towards: "target", duplicate: 1 });
      one.say("a");
      await pass(5);
    }
    one.say("b");
    await pass(5);
    expect(heard.map(({ text }) => text)).toEqual(["a", "a", "a", "a", "b"]);
  });

  it("counts what the weather took", async () => {
    const one = clientOf(1);
    link.worsen({ towards: "target", lose: 1 });
    one.say("a");
    await pass(5);
    await link[Symbol.asyncDispose]();
    expect(detailOf("link.totals")).toMatchObject({ lost: 1, toTargetDatagrams: 0 });
  });
});

describe("somebody on the path", () => {
  it("takes single datagrams out, lets later ones pass, and sends the first one on as often as it likes", async () => {
    const one = clientOf(1);
    using holding = link.hold(({ bytes, towards }) => towards === "target" && bytes.toString() === "open");
    one.say("open");
    one.say("close");
    await pass(5);
    expect(heard.map(({ text }) => text)).toEqual(["close"]);
    holding.held[0]?.release();
    holding.held[0]?.release();
    await pass(5);
    expect(heard.map(({ text }) => text)).toEqual(["close", "open", "open"]);
    expect(new Set(heard.map(({ from }) => from.port)).size).toBe(1);
  });

  it("holds nothing any more once it has ended", async () => {
    const one = clientOf(1);
    link.hold(() => true)[Symbol.dispose]();
    one.say("a");
    await pass(5);
    expect(heard).toHaveLength(1);
  });

  it("speaks to each side in the other's name", async () => {
    const one = clientOf(1);
    one.say("a");
    await pass(5);
    link.insert(Buffer.from("forged"), "client", { host: "10.0.0.3", port: 1 });
    link.insert(Buffer.from("forged, too"), "target", { host: "10.0.0.3", port: 1 });
    await pass(5);
    expect(one.got).toEqual(["re:a", "forged", "re:forged, too"]);
    expect(heard[1]).toEqual({ text: "forged, too", from: heard[0]?.from });
  });
});

describe("a link over real sockets", () => {
  it("carries datagrams, gives each client its own address towards the target, and keeps them on the wire", async () => {
    const kept: string[] = [];
    const wire: Wire = {
      open: ({ remote }) => ({
        reference: { file: "x", stream: 0 },
        sent: (bytes) =>
          void kept.push(`to ${remote.port === server.local.port ? "target" : "client"}: ${bytes.length}`),
        received() {},
        closed() {},
      }),
    };
    await using stack = new AsyncDisposableStack();
    const opened = async (host: string) => stack.adopt(await openUdpPort({ host, port: 0 }), (port) => port.close());
    const server = await opened("127.0.0.1");
    server.hear((bytes, from) => server.send(Buffer.from(`${from.host} says ${bytes.toString()}`), from));
    const bench = benchOf(history, { clock: realClock(), wire });
    const real = stack.use(await openUdpLink(bench, server.local, "recorded"));
    const client = await opened("127.0.0.9");
    const { promise, resolve } = Promise.withResolvers<string>();
    client.hear((bytes) => resolve(bytes.toString()));
    client.send(Buffer.from("hello"), real);
    expect(await promise).toBe("127.0.0.9 says hello");
    expect(kept).toEqual(["to target: 5", "to client: 20"]);
  });
});
