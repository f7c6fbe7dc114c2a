/**
 * Compares our CoAP client and server with the npm package `coap` and with libcoap, paired and in one run over loopback:
 * each side in a process of its own, medians of the rounds. Exchanges are small confirmable GETs, 64 under way at once.
 *
 *   node harness/cli/node24.mjs harness/testing/bench-coap/bench.ts
 *
 *   --seconds N   how long each pair is measured (3)
 *   --rounds N    rounds of which the median counts (3)
 *   --json        prints nothing but the result as JSON
 */
import { execFile, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { startLibcoap } from "#testing/libcoap.ts";
import type { Driven } from "./drive.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "3" },
    rounds: { type: "string", default: "3" },
    json: { type: "boolean", default: false },
  },
});

/** Exchanges in a second of time, and of each side's processor time; the client of a program is not measured. */
interface Measured {
  readonly perSecond: number;
  readonly perClientCpuSecond: number;
  readonly perServerCpuSecond: number;
}

type Kind = "ours" | "npm" | "libcoap";

/** A server in its own process; `stop` tells the processor time since it was ready. */
interface Served {
  readonly port: number;
  stop(): Promise<number>;
}

const path = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const programRuns = 50;

async function serve(kind: Kind): Promise<Served> {
  if (kind === "libcoap") return serveLibcoap();
  const child = fork(path("serve.ts"), [kind]);
  const [{ port }] = await once(child, "message");
  return {
    port,
    async stop() {
      const told = once(child, "message");
      child.send("stop");
      const [{ cpuSeconds }] = await told;
      return cpuSeconds;
    },
  };
}

async function serveLibcoap(): Promise<Served> {
  const server = await startLibcoap({ program: "coap-server-notls", args: ["-v", "0"] });
  return {
    port: server.port,
    async stop() {
      const seconds = cpuSecondsOf(server.pid);
      await server[Symbol.asyncDispose]();
      return seconds;
    },
  };
}

/** From the times of the process, which Linux counts in hundredths of a second. */
function cpuSecondsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function pair(client: Exclude<Kind, "libcoap">, server: Kind): Promise<Measured> {
  const served = await serve(server);
  const { exchanges, seconds, cpuSeconds } = await inOwnProcess<Driven>("drive.ts", [
    client,
    served.port,
    values.seconds,
  ]);
  const serverCpu = await served.stop();
  // The server also worked during the second in which the client warmed up.
  const share = seconds / (seconds + 1);
  return {
    perSecond: Math.round(exchanges / seconds),
    perClientCpuSecond: Math.round(exchanges / cpuSeconds),
    perServerCpuSecond: Math.round(exchanges / (serverCpu * share)),
  };
}

/** One program for each question, as scripts do it. */
async function program(): Promise<Measured> {
  const served = await serve("ours");
  const began = performance.now();
  for (let n = 0; n < programRuns; n++) {
    await promisify(execFile)("coap-client-notls", [`coap://127.0.0.1:${served.port}/info`]);
  }
  const perSecond = Math.round((programRuns * 1_000) / (performance.now() - began));
  await served.stop();
  return { perSecond, perClientCpuSecond: Number.NaN, perServerCpuSecond: Number.NaN };
}

async function inOwnProcess<T>(file: string, args: readonly (string | number)[]): Promise<T> {
  const child = spawn(process.execPath, [path(file), ...args.map(String)], { stdio: ["ignore", "pipe", "inherit"] });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  const [status] = await once(child, "close");
  if (status !== 0) throw new Error(`${file} ${args.join(" ")} ended with ${String(status)}`);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- printed by the program beside this one
  return JSON.parse(Buffer.concat(chunks).toString()) as T;
}

const pairs: { readonly [title: string]: () => Promise<Measured> } = {
  "our client, our server": () => pair("ours", "ours"),
  "npm coap client, npm coap server": () => pair("npm", "npm"),
  "our client, npm coap server": () => pair("ours", "npm"),
  "npm coap client, our server": () => pair("npm", "ours"),
  "our client, coap-server": () => pair("ours", "libcoap"),
  "coap-client as a program, our server": program,
};

const rounds = new Map<string, Measured[]>(Object.keys(pairs).map((title) => [title, []]));
const engine: number[] = [];
for (let round = 0; round < Number(values.rounds); round++) {
  for (const [title, measure] of Object.entries(pairs)) {
    if (!values.json) process.stderr.write(`round ${round + 1}: ${title}\n`);
    rounds.get(title)?.push(await measure());
  }
  engine.push((await inOwnProcess<{ readonly perCpuSecond: number }>("engine.ts", [200_000])).perCpuSecond);
}

const medians = Object.fromEntries(
  [...rounds].map(([title, measured]) => [
    title,
    {
      perSecond: median(measured.map((each) => each.perSecond)),
      perClientCpuSecond: median(measured.map((each) => each.perClientCpuSecond)),
      perServerCpuSecond: median(measured.map((each) => each.perServerCpuSecond)),
    },
  ]),
);
const result = { exchanges: medians, engineBothSidesPerCpuSecond: median(engine) };
process.stdout.write(`${values.json ? "" : `${table()}\n`}${JSON.stringify(result)}\n`);

function table(): string {
  const header = line(["exchanges", "a second", "a client CPU s", "a server CPU s"]);
  const rows = Object.entries(medians).map(([title, { perSecond, perClientCpuSecond, perServerCpuSecond }]) =>
    line([title, ...[perSecond, perClientCpuSecond, perServerCpuSecond].map((each) => (each > 0 ? `${each}` : "–"))]),
  );
  return [header, ...rows, line(["engine alone, both sides", "", String(result.engineBothSidesPerCpuSecond)])].join(
    "\n",
  );
}

function line(cells: readonly string[]): string {
  return cells.map((cell, at) => (at ? cell.padStart(16) : cell.padEnd(40))).join("");
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}
