/**
 * Throws spoilt datagrams at both sides of the DTLS engine.
 *
 *   node --expose-gc harness/testing/hostile-datagrams/dtls.ts --count 1000000 --seed 1
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { allSuites, isSuiteOf, suiteOf } from "#simulator/dtls/cipher-suite.ts";
import type { DtlsSession } from "#simulator/dtls/client-session.ts";
import { connectDtls } from "#simulator/dtls/connect-dtls.ts";
import { type DtlsServer, type DtlsServerCounts, startDtlsServer } from "#simulator/dtls/dtls-server.ts";
import { type DtlsServerKnobs, hardenedDtls, weakDtls } from "#simulator/dtls/server-knobs.ts";
import { dtlsVersion } from "#simulator/dtls/version.ts";
import { randomOf } from "../bench.ts";
import { HostileNetwork } from "./hostile-network.ts";
import { SteppedClock } from "./stepped-clock.ts";

/** What came of it. Anything that either side throws ends the run, and is thrown on. */
export interface HostileDtlsFigures {
  /** Spoilt datagrams that were taken in by the server, and by clients. */
  readonly atServer: number;
  readonly atClients: number;
  readonly perSecond: number;
  /** The longest that either side took for one datagram. */
  readonly longestMs: number;
  /** Handshakes of clients under attack, and how many of them were completed all the same. */
  readonly attacked: { readonly begun: number; readonly completed: number };
  /** Honest clients in between, and how many of them got their answer. */
  readonly honest: { readonly asked: number; readonly answered: number };
  /** Data that the server took for a client's though no client had said it. */
  readonly forged: number;
  /** Most handshakes and sessions that the server held at once. */
  readonly mostHandshakes: number;
  readonly mostSessions: number;
  /** Heap at a tenth of the way and at the end, after collecting; NaN without `--expose-gc`. */
  readonly heapBytes: { readonly early: number; readonly end: number };
  readonly server: DtlsServerCounts;
}

const key = Buffer.from("a key under attack");
/**
 * Far below what is thrown at the server, which makes room. Spoilt proofs are not to be taken for guesses, or nobody would
 * be heard any more.
 */
const limits = { maxHandshakes: 100, maxSessions: 200, dtlsFull: "evicts", dtlsGuesses: 0 } as const;
/** All that clients say. */
const readings: readonly string[] = Array.from({ length: 10 }, (_, at) => `reading ${at}`);
const question = "still there?";
const said = new Set([...readings, question]);
/** Clients that are attacked at the same time, spoilt copies of a datagram at most, and datagrams of nobody's a round. */
const clientsPerRound = 10;
const copies = 60;
const strays = 150;
/** How long a round lasts on the run's own clock: flights come again after five, and handshakes are given up after 300. */
const roundMs = 200;
/** Rounds from one honest client to the next. */
const honestEvery = 20;

/** @param knobs of the server; the limits are this run's own. */
export async function hurlAtDtls({
  count,
  seed = 1,
  knobs = hardenedDtls,
}: {
  readonly count: number;
  readonly seed?: number;
  readonly knobs?: DtlsServerKnobs;
}): Promise<HostileDtlsFigures> {
  const random = randomOf(seed);
  const network = new HostileNetwork(random);
  const clock = new SteppedClock();
  const bench = { clock, random };
  await using server = startDtlsServer(network.open(), bench, { knobs: { ...knobs, ...limits }, keyOf: () => key });
  let forged = 0;
  server.hear((bytes, from) => {
    if (!said.has(bytes.toString())) forged++;
    server.send(bytes, from);
  });
  const siege = new Siege(network, server, bench);
  const began = performance.now();
  const hurled = () => network.hurled.atServer + network.hurled.atClients;
  let early = Number.NaN;
  for (let round = 0; hurled() < count; round++) {
    await siege.attack();
    clock.step(roundMs);
    if (round % honestEvery === 0) await siege.serveHonest();
    if (Number.isNaN(early) && hurled() > count / 10) early = heapBytes();
  }
  const seconds = (performance.now() - began) / 1_000;
  return {
    ...network.hurled,
    perSecond: Math.round(hurled() / seconds),
    longestMs: Math.round(network.longestMs * 10) / 10,
    attacked: siege.attacked,
    honest: siege.honest,
    forged,
    mostHandshakes: siege.most.handshakes,
    mostSessions: siege.most.sessions,
    heapBytes: { early, end: heapBytes() },
    server: server.counts,
  };
}

class Siege {
  readonly #network: HostileNetwork;
  readonly #server: DtlsServer;
  readonly #bench: Parameters<typeof startDtlsServer>[1];
  readonly attacked = { begun: 0, completed: 0 };
  readonly honest = { asked: 0, answered: 0 };
  readonly most = { handshakes: 0, sessions: 0 };

  constructor(network: HostileNetwork, server: DtlsServer, bench: Parameters<typeof startDtlsServer>[1]) {
    this.#network = network;
    this.#server = server;
    this.#bench = bench;
  }

  /** A few clients many of whose datagrams are spoilt many times over, and datagrams of nobody's. */
  async attack(): Promise<void> {
    this.#network.copies = copies;
    const over = new AbortController();
    const trials = Array.from({ length: clientsPerRound }, () => this.#attacked(over.signal));
    for (let n = 0; n < strays; n++) this.#network.hurl();
    await this.#settle();
    over.abort("the round is over");
    await Promise.all(trials);
    const { handshakes, sessions } = this.#server.counts;
    this.most.handshakes = Math.max(this.most.handshakes, handshakes);
    this.most.sessions = Math.max(this.most.sessions, sessions);
  }

  /** A client on a network that has come to rest has to be served. */
  async serveHonest(): Promise<void> {
    this.#network.copies = 0;
    this.honest.asked++;
    const connecting = this.#connect("honest", [0xc0a8, 0x00a8], dtlsVersion["1.2"], new AbortController().signal);
    await this.#settle();
    const session = await connecting;
    session.hear(() => void this.honest.answered++);
    session.send(Buffer.from(question));
    await this.#settle();
    await session.close();
  }

  async #attacked(signal: AbortSignal): Promise<void> {
    const { random } = this.#bench;
    this.attacked.begun++;
    const suite = suiteOf(allSuites[random.integer(0, allSuites.length)] ?? 0);
    const version = dtlsVersion[random.integer(0, 4) === 0 ? "1.0" : "1.2"];
    if (suite === undefined || !isSuiteOf(version, suite)) return;
    try {
      const session = await this.#connect("attacked", [suite.id, 0xc0a8], version, signal);
      this.attacked.completed++;
      for (const reading of readings) session.send(Buffer.from(reading));
      // Every second client goes without a word, so that the server has sessions to get rid of.
      if (random.integer(0, 2) === 0) await session.close();
    } catch {
      // What happens to an attacked client is not the question; it was given up, or refused.
    }
  }

  async #connect(
    identity: string,
    suites: readonly number[],
    version: (typeof dtlsVersion)["1.0" | "1.2"],
    signal: AbortSignal,
  ): Promise<DtlsSession> {
    const to = this.#server.local;
    const options = { to, identity, key, withinMs: 60_000, suites, version };
    return await connectDtls(this.#network.open(), { ...this.#bench, signal }, options);
  }

  /** Delivers until nothing more is said. */
  async #settle(): Promise<void> {
    for (let turn = 0; turn < 6; turn++) {
      this.#network.deliver();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

function heapBytes(): number {
  if (globalThis.gc === undefined) return Number.NaN;
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { count: { type: "string", default: "1000000" }, seed: { type: "string", default: "1" } },
  });
  const [count, seed] = [Math.ceil(Number(values.count) / 2), Number(values.seed)];
  for (const [posture, knobs] of Object.entries({ hardened: hardenedDtls, weak: weakDtls })) {
    process.stdout.write(`${JSON.stringify({ posture, ...(await hurlAtDtls({ count, seed, knobs })) })}\n`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
