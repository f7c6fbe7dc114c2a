import { connect, createServer } from "node:net";
import { expect, it } from "vitest";
import { openUdpPort } from "#simulator/udp/udp-port.ts";
import { benchOf, loopback, realClock } from "#testing/bench.ts";
import { openLabLink } from "./lab-link.ts";

const bench = benchOf([], { clock: realClock() });

it.each(["coap", "coaps"] as const)("carries datagrams to a target of %s, and none while it is cut", async (scheme) => {
  await using stack = new AsyncDisposableStack();
  const opened = async () => stack.adopt(await openUdpPort({ host: "127.0.0.1", port: 0 }), (port) => port.close());
  const [server, client] = [await opened(), await opened()];
  const heard: string[] = [];
  const link = stack.use(await openLabLink(bench, loopback(server.local.port, scheme)));
  const arrives = (text: string) =>
    new Promise<void>((resolve) => {
      server.hear((bytes) => {
        heard.push(bytes.toString());
        if (heard.at(-1) === text) resolve();
      });
    });
  const cut = await link.can.cutLink();
  client.send(Buffer.from("lost"), link);
  await bench.clock.sleep(30);
  await cut[Symbol.asyncDispose]();
  const arrived = arrives("carried");
  client.send(Buffer.from("carried"), link);
  await arrived;
  expect(heard).toEqual(["carried"]);
});

it.each(["mqtt", "coap+tcp"] as const)("carries connections to a target of %s", async (scheme) => {
  const server = createServer((socket) => {
    // The link resets what is open when it is disposed of.
    socket.on("error", () => {});
    socket.end("hello");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  await using stack = new AsyncDisposableStack();
  stack.defer(() => void server.close());
  const link = stack.use(await openLabLink(bench, loopback(port, scheme)));
  const socket = connect(link.port, link.host);
  const [said] = await socket.take(1).toArray();
  expect(String(said)).toBe("hello");
});
