/** Asks for `info` as fast as it is answered, and prints how often that was. `drive.ts ours|npm <port> <seconds>`. */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import coap from "coap";
import { openCoapClient } from "#simulator/coap/client.ts";
import { code } from "#simulator/coap/code.ts";
import { openUdpPort } from "#simulator/udp/udp-port.ts";
import { randomOf, realClock } from "../bench.ts";

/** What was measured; of the client's processor time only. */
export interface Driven {
  readonly exchanges: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** Questions under way at once. */
const window = 64;
const host = "127.0.0.1";

async function askOurs(port: number): Promise<() => Promise<number>> {
  const bench = { clock: realClock(), random: randomOf(2), signal: new AbortController().signal };
  const client = openCoapClient(await openUdpPort({ host, port: 0 }), bench, { nstart: window });
  const ask = { to: { host, port }, code: code.get, path: "info", withinMs: 20_000 };
  return async () => (await client.request(ask)).payload.length;
}

async function askNpm(port: number): Promise<() => Promise<number>> {
  const agent = new coap.Agent({ type: "udp4" });
  return async () => {
    const request = coap.request({ host, port, pathname: "/info", agent });
    request.end();
    const [response] = await once(request, "response");
    return response.payload.length;
  };
}

const [kind, port, seconds] = process.argv.slice(2);
const ask = await (kind === "npm" ? askNpm : askOurs)(Number(port));
let exchanges = 0;
const over = new AbortController();
const worker = async () => {
  while (!over.signal.aborted) {
    if ((await ask()) === 0) throw new Error("an empty answer came");
    exchanges++;
  }
};
for (let n = 0; n < window; n++) void worker();
// Compiling code and growing heaps do not count.
await sleep(1_000);
const [cpuBefore, began, before] = [process.cpuUsage(), performance.now(), exchanges];
await sleep(Number(seconds) * 1_000);
const { user, system } = process.cpuUsage(cpuBefore);
const driven: Driven = {
  exchanges: exchanges - before,
  seconds: (performance.now() - began) / 1_000,
  cpuSeconds: (user + system) / 1e6,
};
over.abort();
process.stdout.write(JSON.stringify(driven), () => process.exit());
