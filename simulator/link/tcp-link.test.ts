import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Observation } from "#contract/observation.ts";
import { benchOf, loopback, randomOf, realClock } from "#testing/bench.ts";
import { openTcpLink, type TcpLink } from "./tcp-link.ts";

let stack: AsyncDisposableStack;
let history: Observation[];
beforeEach(() => {
  stack = new AsyncDisposableStack();
  history = [];
});
afterEach(() => stack.disposeAsync());

/** A server on loopback; what arrives is handed to `serve`. */
async function serverOf(serve: (socket: Socket) => void): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => {});
    stack.defer(() => void socket.destroy());
    serve(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  stack.defer(() => void server.close());
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a listening TCP server has this kind of address
  return (server.address() as AddressInfo).port;
}

async function linkTo(port: number): Promise<TcpLink> {
  const bench = benchOf(history, { clock: realClock(), random: randomOf(3) });
  return stack.use(await openTcpLink(bench, { host: "127.0.0.1", port }));
}

async function clientOf(link: TcpLink): Promise<Socket> {
  const socket = connect({ host: link.host, port: link.port, allowHalfOpen: true });
  socket.on("error", () => {});
  stack.defer(() => void socket.destroy());
  await once(socket, "connect");
  return socket;
}

const echo = (socket: Socket) => void socket.pipe(socket);

async function textOf(socket: Socket, length: number): Promise<string> {
  let text = "";
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    text += String(chunk);
    if (text.length >= length) break;
  }
  return text;
}

/** How a socket ends: the code of its error, or `fin`. */
function endOf(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.on("error", (cause) => resolve("code" in cause ? String(cause.code) : cause.message));
    socket.on("end", () => resolve("fin"));
    socket.resume();
  });
}

const detailOf = (action: string) => history.findLast((seen) => seen.action === action)?.detail;

it("reaches the host and port of an address that also has the path of a WebSocket", async () => {
  const address = loopback(await serverOf(echo), "ws", { path: "/mqtt" });
  const link = stack.use(await openTcpLink(benchOf(history, { clock: realClock(), random: randomOf(3) }), address));
  const client = await clientOf(link);
  client.write("hello");
  expect(await textOf(client, 5)).toBe("hello");
});

describe("an undisturbed link", () => {
  it("carries bytes both ways, unchanged and in order", async () => {
    const link = await linkTo(await serverOf(echo));
    const client = await clientOf(link);
    const sent = Array.from({ length: 2_000 }, (_, n) => `line ${n}\n`).join("");
    client.write(sent);
    expect(await textOf(client, sent.length)).toBe(sent);
  });

  it("passes on a half-closed stream, so that an answer after it still arrives", async () => {
    const port = await serverOf((socket) => {
      socket.resume();
      socket.on("end", () => socket.end("bye"));
    });
    const client = await clientOf(await linkTo(port));
    client.end("last words");
    expect(await textOf(client, 3)).toBe("bye");
  });

  it("passes on a reset as a reset, and an orderly end as such", async () => {
    const link = await linkTo(
      await serverOf((socket) =>
        socket.once("data", (text) => void (String(text) === "reset" ? socket.resetAndDestroy() : socket.end())),
      ),
    );
    const [one, other] = [await clientOf(link), await clientOf(link)];
    const ends = Promise.all([endOf(one), endOf(other)]);
    one.write("reset");
    other.write("end");
    expect(await ends).toEqual(["ECONNRESET", "fin"]);
  });

  it("resets a client whose target cannot be reached", async () => {
    const link = await linkTo(1);
    const socket = connect({ host: link.host, port: link.port });
    expect(await endOf(socket)).toBe("ECONNRESET");
    await link[Symbol.asyncDispose]();
    expect(detailOf("link.totals")).toMatchObject({ accepted: 1, unreachable: 1 });
  });

  it("makes a sender wait while the receiver does not read", async () => {
    const link = await linkTo(await serverOf((socket) => void socket.pause()));
    const client = await clientOf(link);
    const block = Buffer.alloc(1024 * 1024);
    let accepted = 0;
    for (let n = 0; n < 64; n += 1) {
      const written = new Promise<boolean>((resolve) => client.write(block, () => resolve(true)));
      if (!(await Promise.race([written, new Promise<boolean>((resolve) => setTimeout(resolve, 100, false))]))) break;
      accepted += 1;
    }
    // What the kernel buffers on both legs is a few MiB; a link without bound would have taken all 64.
    expect(accepted).toBeLessThan(32);
  });
});

describe("a cut link", () => {
  it("resets what is open and every new connection, until it is lifted", async () => {
    const link = await linkTo(await serverOf(echo));
    const [one, other] = [await clientOf(link), await clientOf(link)];
    const ends = Promise.all([endOf(one), endOf(other)]);
    const cut = await link.cut();
    expect(await ends).toEqual(["ECONNRESET", "ECONNRESET"]);
    expect(await endOf(connect({ host: link.host, port: link.port }))).toBe("ECONNRESET");
    await cut[Symbol.asyncDispose]();
    const again = await clientOf(link);
    again.write("hello");
    expect(await textOf(again, 5)).toBe("hello");
    expect(detailOf("link.cut")).toEqual({ severed: 2 });
    expect(detailOf("link.restored")).toEqual({ refused: 1 });
  });

  it("stays cut until the last of two cuts is lifted", async () => {
    const link = await linkTo(await serverOf(echo));
    const [first, second] = [await link.cut(), await link.cut()];
    await first[Symbol.asyncDispose]();
    await first[Symbol.asyncDispose]();
    expect(await endOf(connect({ host: link.host, port: link.port }))).toBe("ECONNRESET");
    await second[Symbol.asyncDispose]();
    expect((await clientOf(link)).readyState).toBe("open");
  });
});

describe("a slow link", () => {
  it("delays both directions, and keeps the order whatever the jitter", async () => {
    const link = await linkTo(await serverOf(echo));
    const client = await clientOf(link);
    const slowed = await link.slow({ latencyMs: 30, jitterMs: 25 });
    const began = performance.now();
    const words = Array.from({ length: 12 }, (_, n) => `${String(n).padStart(2, "0")};`);
    const heard = textOf(client, words.length * 3);
    for (const word of words) {
      client.write(word);
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
    expect(await heard).toBe(words.join(""));
    // Never less than twice the smallest delay.
    expect(performance.now() - began).toBeGreaterThan(2 * 5);
    await slowed[Symbol.asyncDispose]();
    const quick = performance.now();
    client.write("x");
    await textOf(client, 1);
    expect(performance.now() - quick).toBeLessThan(40);
  });

  it("delays a round trip by at least twice the latency", async () => {
    const link = await linkTo(await serverOf(echo));
    const client = await clientOf(link);
    await link.slow({ latencyMs: 40, jitterMs: 0 });
    const began = performance.now();
    client.write("ping");
    expect(await textOf(client, 4)).toBe("ping");
    expect(performance.now() - began).toBeGreaterThanOrEqual(78);
  });

  it("lets nothing overtake what was under way when it was lifted", async () => {
    const link = await linkTo(await serverOf(echo));
    const client = await clientOf(link);
    const slowed = await link.slow({ latencyMs: 50, jitterMs: 0 });
    const heard = textOf(client, 10);
    client.write("first");
    await new Promise((resolve) => setTimeout(resolve, 10));
    await slowed[Symbol.asyncDispose]();
    client.write("later");
    expect(await heard).toBe("firstlater");
  });

  it("loses and holds back nothing of a large transfer", async () => {
    const link = await linkTo(await serverOf(echo));
    const client = await clientOf(link);
    await link.slow({ latencyMs: 5, jitterMs: 5 });
    const sent = "0123456789abcdef".repeat(32 * 1024);
    client.end(sent);
    expect(await textOf(client, sent.length)).toBe(sent);
    await link[Symbol.asyncDispose]();
    const { length } = sent;
    expect(detailOf("link.totals")).toMatchObject({ accepted: 1, toTargetBytes: length, fromTargetBytes: length });
  });
});

it("leaves no connection open when it is disposed of", async () => {
  const link = await linkTo(await serverOf(echo));
  const client = await clientOf(link);
  client.write("hello");
  await textOf(client, 5);
  const end = endOf(client);
  await link[Symbol.asyncDispose]();
  expect(await end).toBe("ECONNRESET");
  expect(detailOf("link.totals")).toMatchObject({ accepted: 1, open: 1, refused: 0, severed: 0, unreachable: 0 });
});
