/**
 * Throws spoilt datagrams at both sides of the CoAP engine.
 *
 *   node --expose-gc harness/testing/hostile-datagrams/coap.ts --count 1000000 --seed 1
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type CoapClient, openCoapClient } from "#simulator/coap/client.ts";
import { code, isSuccess } from "#simulator/coap/code.ts";
import { type CoapServer, startCoapServer } from "#simulator/coap/server.ts";
import { hardenedServer, weakServer } from "#simulator/coap/server-knobs.ts";
import type { CoapRequest, CoapResponse, CoapServerKnobs } from "#simulator/coap/serving.ts";
import { randomOf } from "../bench.ts";
import { HostileNetwork } from "./hostile-network.ts";
import { SteppedClock } from "./stepped-clock.ts";

/** What came of it. Anything that either side throws ends the run, and is thrown on. */
export interface HostileCoapFigures {
  /** Spoilt datagrams that were taken in by the server, and by clients. */
  readonly atServer: number;
  readonly atClients: number;
  readonly perSecond: number;
  /** The longest that either side took for one datagram. */
  readonly longestMs: number;
  /** Honest requests in between, and how many of them were answered with a success. */
  readonly honest: { readonly asked: number; readonly answered: number };
  /** Heap at a tenth of the way and at the end, after collecting; NaN without `--expose-gc`. */
  readonly heapBytes: { readonly early: number; readonly end: number };
}

/** Clients that are attacked at the same time, spoilt copies of a datagram at most, and datagrams of nobody's a round. */
const clientsPerRound = 8;
const copies = 40;
const strays = 150;
/** How long a round lasts on the run's own clock: every time limit of the engine passes many times over. */
const roundMs = 2_000;
/** Rounds from one honest request to the next. */
const honestEvery = 20;
const body = "0123456789abcdef".repeat(20);

/** @param knobs of the server; no limit on requests, or nobody would be heard any more. */
export async function hurlAtCoap({
  count,
  seed = 1,
  knobs = hardenedServer,
}: {
  readonly count: number;
  readonly seed?: number;
  readonly knobs?: CoapServerKnobs;
}): Promise<HostileCoapFigures> {
  const random = randomOf(seed);
  const network = new HostileNetwork(random);
  const clock = new SteppedClock();
  const bench = { clock, random, signal: new AbortController().signal };
  const options = { knobs: { ...knobs, maxRequestsPerSecond: 0 }, handle, isObservable: () => true };
  await using server = startCoapServer(network.open(), bench, options);
  const siege = new Siege(network, server, bench);
  const began = performance.now();
  const hurled = () => network.hurled.atServer + network.hurled.atClients;
  let early = Number.NaN;
  for (let round = 0; hurled() < count; round++) {
    await siege.attack();
    if (round % honestEvery === 0) await siege.serveHonest();
    if (Number.isNaN(early) && hurled() > count / 10) early = heapBytes();
  }
  const seconds = (performance.now() - began) / 1_000;
  return {
    ...network.hurled,
    perSecond: Math.round(hurled() / seconds),
    longestMs: Math.round(network.longestMs * 10) / 10,
    honest: siege.honest,
    heapBytes: { early, end: heapBytes() },
  };
}

/** A resource for each manner of answering: short, long, late. */
function handle({ path, code: method }: CoapRequest): CoapResponse {
  if (method !== code.get) return { code: code.changed };
  if (path[0] === "late") return { code: code.content, payload: "late", separateAfterMs: 500 };
  return { code: code.content, payload: path[0] === "long" ? body.repeat(10) : "short" };
}

type SiegeBench = Parameters<typeof openCoapClient>[1] & { readonly clock: SteppedClock };

class Siege {
  readonly #network: HostileNetwork;
  readonly #server: CoapServer;
  readonly #to: { readonly host: string; readonly port: number };
  readonly #bench: SiegeBench;
  readonly honest = { asked: 0, answered: 0 };

  constructor(network: HostileNetwork, server: CoapServer, bench: SiegeBench) {
    this.#network = network;
    this.#server = server;
    this.#to = { host: "127.0.0.1", port: network.serverPort };
    this.#bench = bench;
  }

  /** Clients that read, write and observe while their datagrams and the answers are spoilt, and datagrams of nobody's. */
  async attack(): Promise<void> {
    this.#network.copies = copies;
    const clients = Array.from({ length: clientsPerRound }, () => openCoapClient(this.#network.open(), this.#bench));
    const asking = clients.flatMap((client, at) => this.#asks(client, at));
    for (let n = 0; n < strays; n++) this.#network.hurl();
    await this.#settle();
    this.#server.changed("short");
    await this.#settle();
    this.#bench.clock.step(roundMs);
    await this.#settle();
    for (const client of clients) await client[Symbol.asyncDispose]();
    await Promise.all(asking);
  }

  /** A request on a network that has come to rest has to be served. */
  async serveHonest(): Promise<void> {
    this.#network.copies = 0;
    await using client = openCoapClient(this.#network.open(), this.#bench);
    this.honest.asked++;
    const asking = client.request({ to: this.#to, code: code.get, path: "short", withinMs: 60_000 });
    await this.#settle();
    this.#bench.clock.step(100);
    const reply = await asking;
    if (isSuccess(reply.code)) this.honest.answered++;
  }

  #asks(client: CoapClient, at: number): readonly Promise<unknown>[] {
    // What becomes of an attacked request is not the question.
    const ask = (method: number, path: string, payload?: string) =>
      client
        .request({ to: this.#to, code: method, path, withinMs: 1_000, ...(payload !== undefined && { payload }) })
        .catch(() => {});
    client.observe({ to: this.#to, path: "short", onState() {} }).established.catch(() => {});
    const path = ["short", "long", "late"][at % 3] ?? "short";
    return [ask(code.get, path), ask(code.put, path, at % 2 === 0 ? body.repeat(5) : "on")];
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
  for (const [posture, knobs] of Object.entries({ hardened: hardenedServer, weak: weakServer })) {
    process.stdout.write(`${JSON.stringify({ posture, ...(await hurlAtCoap({ count, seed, knobs })) })}\n`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
