/**
 * Measures the DTLS engine: handshakes and exchanges of protected datagrams, with both sides in this one process.
 *
 *   node harness/cli/node24.mjs harness/testing/bench-coap/dtls-bench.ts
 *
 *   --exchanges N    questions with their answers (60000)
 *   --handshakes N   handshakes (4000)
 *   --sessions N     sessions of one server, for their memory (5000)
 *   --json           prints nothing but the result as JSON
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { suiteName, suiteOf } from "#simulator/dtls/cipher-suite.ts";
import type { DtlsSession } from "#simulator/dtls/client-session.ts";
import { connectDtls } from "#simulator/dtls/connect-dtls.ts";
import { type DtlsServer, startDtlsServer } from "#simulator/dtls/dtls-server.ts";
import { readRecord } from "#simulator/dtls/record.ts";
import { hardenedDtls } from "#simulator/dtls/server-knobs.ts";
import { protectionOf } from "#simulator/dtls/suite-protection.ts";
import type { DatagramPort } from "#simulator/udp/datagram.ts";
import { openUdpPort } from "#simulator/udp/udp-port.ts";
import { randomOf, realClock } from "../bench.ts";
import { directPorts } from "./direct-ports.ts";

/** How often something was done in a second of time, and in a second of one core. */
export interface Pace {
  readonly perSecond: number;
  readonly perCpuSecond: number;
}

/** What {@link benchDtls} measures; in every figure one process does the work of both sides. */
export interface DtlsMeasured {
  /** A question and its answer, both protected, sent over loopback, opened. By suite. */
  readonly exchangesByUdp: { readonly [suite: string]: Pace };
  /** The same without sockets: records sealed and opened. */
  readonly exchangesOfRecords: { readonly [suite: string]: Pace };
  /** Cookie exchange and handshake over loopback, with a new socket for each client. */
  readonly handshakesByUdp: Pace;
  /** The same without sockets. */
  readonly handshakesInMemory: Pace;
  /** What a session weighs in the server. */
  readonly bytesPerServerSession: number;
}

const identity = "device";
const key = Buffer.from("a key for measuring");
const payload = Buffer.alloc(40, 1);
const suites = [0xc0a8, 0x00a8];
const bench = { clock: realClock(), random: randomOf(1), signal: new AbortController().signal };
/** Clients that work at the same time, and questions that each of them has under way. */
const clients = 20;
const inFlight = 5;

/** Measures everything once, after a warm-up. Without `--expose-gc` the memory of sessions is NaN. */
export async function benchDtls({
  exchanges = 60_000,
  handshakes = 4_000,
  sessions = 5_000,
} = {}): Promise<DtlsMeasured> {
  const direct = directPorts();
  await paceOfHandshakes(direct, Math.ceil(handshakes / 4));
  const exchangesByUdp: Record<string, Pace> = {};
  const exchangesOfRecords: Record<string, Pace> = {};
  for (const suite of suites) {
    await paceOfExchanges(udp, suite, Math.ceil(exchanges / 4));
    exchangesByUdp[suiteName(suite)] = await paceOfExchanges(udp, suite, exchanges);
    exchangesOfRecords[suiteName(suite)] = await paceOf(exchanges, async () => exchangeRecords(suite, exchanges));
  }
  return {
    exchangesByUdp,
    exchangesOfRecords,
    handshakesByUdp: await paceOfHandshakes(udp, handshakes),
    handshakesInMemory: await paceOfHandshakes(direct, handshakes),
    bytesPerServerSession: await weighSessions(direct, sessions),
  };
}

const udp: Open = () => openUdpPort({ host: "127.0.0.1", port: 0 });

type Open = () => Promise<DatagramPort>;

async function echoServer(open: Open): Promise<DtlsServer> {
  const server = startDtlsServer(await open(), bench, { knobs: hardenedDtls, keyOf: () => key });
  server.hear((bytes, from) => server.send(bytes, from));
  return server;
}

async function connect(open: Open, { local }: DtlsServer, only?: number): Promise<DtlsSession> {
  const wanted = only === undefined ? {} : { suites: [only] };
  return await connectDtls(await open(), bench, { to: local, identity, key, withinMs: 20_000, ...wanted });
}

async function paceOfHandshakes(open: Open, count: number): Promise<Pace> {
  await using server = await echoServer(open);
  let left = count;
  const worker = async () => {
    while (left-- > 0) await (await connect(open, server)).close();
  };
  return await paceOf(count, () => Promise.all(Array.from({ length: clients }, worker)));
}

async function paceOfExchanges(open: Open, suite: number, count: number): Promise<Pace> {
  await using server = await echoServer(open);
  const sessions = await Promise.all(Array.from({ length: clients }, () => connect(open, server, suite)));
  const pace = await paceOf(count, () => exchange(sessions, count));
  for (const session of sessions) await session.close();
  return pace;
}

async function exchange(sessions: readonly DtlsSession[], count: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let [asked, answered] = [0, 0];
  const ask = (session: DtlsSession) => {
    if (asked++ < count) session.send(payload);
  };
  for (const session of sessions) {
    session.hear(() => {
      if (++answered === count) resolve();
      ask(session);
    });
    for (let n = 0; n < inFlight; n++) ask(session);
  }
  await promise;
}

/** Each turn seals and opens a record in one direction, then in the other. */
function exchangeRecords(id: number, count: number): void {
  const suite = suiteOf(id);
  if (suite === undefined) throw new Error(`no suite ${id}`);
  const side = (salt: number) =>
    protectionOf(suite, { mac: Buffer.alloc(0), cipher: Buffer.alloc(16, salt), salt: Buffer.alloc(4, salt) });
  const directions = [side(1), side(2)];
  for (let sequence = 0; sequence < count; sequence++) {
    for (const direction of directions) {
      const record = readRecord(direction.seal({ type: 23, version: 0xfefd, epoch: 1, sequence }, payload));
      if (record === undefined || direction.open(record) === undefined) throw new Error("a record was lost");
    }
  }
}

async function weighSessions(open: Open, count: number): Promise<number> {
  await using server = await echoServer(open);
  const before = settledBytes();
  for (let n = 0; n < count; n++) {
    const port = await open();
    await connect(async () => port, server);
    // The client is gone without a word, so what stays is the server's.
    await port.close();
  }
  const { sessions } = server.counts;
  return Math.round((settledBytes() - before) / sessions);
}

function settledBytes(): number {
  if (globalThis.gc === undefined) return Number.NaN;
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function paceOf(count: number, work: () => Promise<unknown>): Promise<Pace> {
  const [began, cpuBefore] = [performance.now(), process.cpuUsage()];
  await work();
  const seconds = (performance.now() - began) / 1_000;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { perSecond: Math.round(count / seconds), perCpuSecond: Math.round((count * 1_000_000) / (user + system)) };
}

function line(title: string, { perSecond, perCpuSecond }: Pace): string {
  return `${title.padEnd(60)}${String(perSecond).padStart(9)}${String(perCpuSecond).padStart(12)}`;
}

function tableOf(measured: DtlsMeasured): string {
  return [
    `${"both sides in one process".padEnd(60)}${"a second".padStart(9)}${"a CPU s".padStart(12)}`,
    ...Object.entries(measured.exchangesByUdp).map(([suite, pace]) => line(`exchanges over UDP, ${suite}`, pace)),
    ...Object.entries(measured.exchangesOfRecords).map(([suite, pace]) =>
      line(`exchanges without sockets, ${suite}`, pace),
    ),
    line("handshakes over UDP", measured.handshakesByUdp),
    line("handshakes without sockets", measured.handshakesInMemory),
    `${"bytes a session in the server".padEnd(60)}${String(measured.bytesPerServerSession).padStart(9)}`,
  ].join("\n");
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      exchanges: { type: "string", default: "60000" },
      handshakes: { type: "string", default: "4000" },
      sessions: { type: "string", default: "5000" },
      json: { type: "boolean", default: false },
    },
  });
  const measured = await benchDtls({
    exchanges: Number(values.exchanges),
    handshakes: Number(values.handshakes),
    sessions: Number(values.sessions),
  });
  process.stdout.write(values.json ? `${JSON.stringify(measured)}\n` : `${tableOf(measured)}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
