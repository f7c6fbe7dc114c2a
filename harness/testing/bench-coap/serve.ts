/** Serves `info` with five bytes until its parent says `stop`; then it tells what that took. `serve.ts ours|npm`. */
import coap from "coap";
import { code } from "#simulator/coap/code.ts";
import { startCoapServer } from "#simulator/coap/server.ts";
import { hardenedServer } from "#simulator/coap/server-knobs.ts";
import { openUdpPort } from "#simulator/udp/udp-port.ts";
import { randomOf, realClock } from "../bench.ts";

const host = "127.0.0.1";
const body = Buffer.from("hello");

async function serveOurs(): Promise<number> {
  const port = await openUdpPort({ host, port: 0 });
  startCoapServer(
    port,
    { clock: realClock(), random: randomOf(1) },
    {
      knobs: { ...hardenedServer, maxRequestsPerSecond: 0 },
      handle: ({ path }) => (path[0] === "info" ? { code: code.content, payload: body } : { code: code.notFound }),
      isObservable: () => false,
    },
  );
  return port.local.port;
}

async function serveNpm(): Promise<number> {
  const probe = await openUdpPort({ host, port: 0 });
  await probe.close();
  const server = coap.createServer((_request, response) => void response.end(body));
  await new Promise<void>((resolve) => void server.listen(probe.local.port, host, () => resolve()));
  return probe.local.port;
}

const port = await (process.argv[2] === "npm" ? serveNpm() : serveOurs());
process.on("message", () => {
  const { user, system } = process.cpuUsage(before);
  process.send?.({ cpuSeconds: (user + system) / 1e6 }, () => process.exit());
});
process.send?.({ port });
const before = process.cpuUsage();
