/** Both sides in one process, without sockets: what the engine alone costs. `engine.ts <exchanges>`. */
import { openCoapClient } from "#simulator/coap/client.ts";
import { code } from "#simulator/coap/code.ts";
import { startCoapServer } from "#simulator/coap/server.ts";
import { hardenedServer } from "#simulator/coap/server-knobs.ts";
import { randomOf, realClock } from "../bench.ts";
import { directPorts } from "./direct-ports.ts";

const window = 64;
const exchanges = Number(process.argv[2] ?? 200_000);
const open = directPorts();
const bench = { clock: realClock(), random: randomOf(1), signal: new AbortController().signal };
const served = await open();
const body = Buffer.from("hello");
const knobs = { ...hardenedServer, maxRequestsPerSecond: 0 };
startCoapServer(served, bench, {
  knobs,
  handle: () => ({ code: code.content, payload: body }),
  isObservable: () => false,
});
const client = openCoapClient(await open(), bench, { nstart: window });
const ask = { to: served.local, code: code.get, path: "info", withinMs: 20_000 };

async function run(count: number): Promise<void> {
  let left = count;
  const worker = async () => {
    while (left-- > 0) await client.request(ask);
  };
  await Promise.all(Array.from({ length: window }, worker));
}

await run(Math.min(50_000, exchanges));
const before = process.cpuUsage();
await run(exchanges);
const { user, system } = process.cpuUsage(before);
process.stdout.write(JSON.stringify({ perCpuSecond: Math.round(exchanges / ((user + system) / 1e6)) }), () =>
  process.exit(),
);
