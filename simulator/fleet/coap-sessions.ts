import type { Bench, Random } from "#contract/bench.ts";
import type { DeviceType } from "#contract/device.ts";
import type { DeviceIdentity } from "#contract/identity.ts";
import { openLeanDevice } from "../coap/lean-device.ts";
import type { LeanManner } from "../coap/lean-device-request.ts";
import { LeanSocket } from "../coap/lean-device-socket.ts";
import { connectDtls } from "../dtls/connect-dtls.ts";
import type { DatagramPort } from "../udp/datagram.ts";
import type { CoapBerths } from "./coap-berths.ts";
import { DeviceRandom } from "./device-random.ts";
import { openLocalPort } from "./local-port.ts";
import type { Sessions } from "./sessions.ts";

const connectWithinMs = 10_000;

/**
 * Sessions over CoAP, by the sockets that were planned; those that are shared are opened now.
 * Throws E_LIMIT where not even these can be opened.
 */
export async function coapSessions(bench: Bench, berths: CoapBerths, type: DeviceType): Promise<Sessions> {
  const { at, sockets, count } = berths;
  const sessions = new CoapSessions(bench, berths, mannerOf(type));
  if (sockets === "shared") await sessions.openShared();
  return {
    facts: { over: at.scheme, sockets, socketCount: count },
    uncounted: "a CoAP server has no witness: a 2.04 is its own word, and whoever observes may be spared a state",
    open: (device, wheel) =>
      openLeanDevice(sessions.plugFor(device), sessions.optionsFor(device.identity), device, wheel),
    [Symbol.asyncDispose]: () => sessions.close(),
  };
}

class CoapSessions {
  readonly #bench: Bench;
  readonly #berths: CoapBerths;
  readonly #manner: LeanManner;
  /** Of the sessions, so that what a device draws does not depend on when the network answers. */
  readonly #random: Random;
  readonly #shared: LeanSocket[] = [];

  constructor(bench: Bench, berths: CoapBerths, manner: LeanManner) {
    this.#bench = bench;
    this.#berths = berths;
    this.#manner = manner;
    this.#random = new DeviceRandom(bench.random.integer(0, 2 ** 32));
  }

  async openShared(): Promise<void> {
    const { at, count } = this.#berths;
    try {
      for (let index = 0; index < count; index++) {
        this.#shared.push(this.#socketOver(await openLocalPort(index, at.host), "shared"));
      }
    } catch (cause) {
      await this.close();
      throw cause;
    }
  }

  plugFor(device: { readonly index: number; readonly identity: DeviceIdentity }): LeanSocket | Promise<LeanSocket> {
    const shared = this.#shared[device.index % Math.max(1, this.#shared.length)];
    return shared ?? this.#openOwn(device.index, device.identity);
  }

  optionsFor({ clientId }: DeviceIdentity) {
    return { endpoint: clientId, manner: this.#manner, random: this.#random };
  }

  async close(): Promise<void> {
    await Promise.all(this.#shared.map((socket) => socket.close()));
  }

  async #openOwn(index: number, { clientId, username, password = "" }: DeviceIdentity): Promise<LeanSocket> {
    const { at } = this.#berths;
    const port = await openLocalPort(index, at.host);
    if (at.scheme !== "coaps") return this.#socketOver(port, "own");
    const session = await connectDtls(
      port,
      { clock: this.#bench.clock, signal: this.#bench.signal, random: this.#random },
      { to: at, identity: username ?? clientId, key: Buffer.from(password), withinMs: connectWithinMs },
    );
    const socket = this.#socketOver(session, "own");
    void session.ended.then((why) => socket.end(why));
    return socket;
  }

  #socketOver(port: DatagramPort, of: "own" | "shared"): LeanSocket {
    return new LeanSocket(port, this.#berths.at, this.#random, () => this.#bench.clock.nowMs(), of);
  }
}

function mannerOf({ id, keepAliveS, registers = {} }: DeviceType): LeanManner {
  const { parameters = [], links = "", answers } = registers;
  return {
    directory: "rd",
    parameters: [`et=${id}`, ...parameters],
    links,
    keepAliveS,
    connectWithinMs,
    ...(answers && { answers }),
  };
}
