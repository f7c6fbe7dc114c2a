import { code } from "#simulator/coap/code.ts";
import { decode, encode, isMessage, type Message, messageType } from "#simulator/coap/message.ts";
import { type Option, option, optionNumber, pathOptions } from "#simulator/coap/option.ts";
import { startCoapServer } from "#simulator/coap/server.ts";
import { hardenedServer } from "#simulator/coap/server-knobs.ts";
import type { CoapHandler, CoapServerKnobs } from "#simulator/coap/serving.ts";
import type { DatagramPort, Peer } from "#simulator/udp/datagram.ts";
import type { Fate } from "#simulator/udp/memory-network.ts";
import { randomOf } from "./bench.ts";
import { VirtualNetwork } from "./virtual-network.ts";

/** Where the server of a rig is. */
export const rigServer = { host: "10.0.0.1", port: 5683 } as const;

/** A server in memory, with the resources that tests ask for, and what they change. */
export function coapRig(
  knobs: Partial<CoapServerKnobs> = {},
  more: {
    readonly fate?: Fate;
    readonly at?: { readonly host: string; readonly port: number };
    /** Hosts whose datagrams come as out of a DTLS session, with their identities. */
    readonly identities?: { readonly [host: string]: string };
  } = {},
) {
  const { fate, at = rigServer, identities = {} } = more;
  const network = new VirtualNetwork(fate);
  const state = new Map<string, Buffer | string>();
  const calls: string[] = [];
  const handle: CoapHandler = (request) => {
    const path = request.path.join("/");
    calls.push(`${request.code} ${path} ${request.payload.toString()}`);
    if (path === "throws" || (path === "fragile" && !state.has(path))) throw new Error("planted");
    if (path === "silent") return undefined;
    if (path === "separate") return { code: code.content, payload: "late", separateAfterMs: 1_000 };
    if (path === "pending") return network.sleep(3_000).then(() => ({ code: code.content, payload: "awaited" }));
    if (path === "secret" && request.peer.identity === undefined) return { code: code.unauthorized };
    if (request.code === code.get || request.code === code.fetch) {
      const body = state.get(path);
      return body === undefined
        ? { code: code.notFound, payload: "no such thing" }
        : { code: code.content, payload: body };
    }
    if (request.code === code.post) {
      const count = Number(state.get(path) ?? 0) + 1;
      state.set(path, String(count));
      return { code: code.changed, payload: String(count) };
    }
    state.set(path, request.payload);
    return { code: code.changed };
  };
  const server = startCoapServer(
    identified(network.open(at.host, at.port), identities),
    { clock: network, random: randomOf(9) },
    { knobs: { ...hardenedServer, ...knobs }, handle, isObservable: (path) => path[0] !== "separate" },
  );
  return {
    network,
    server,
    state,
    /** What the handler was asked: `2 count `. */
    calls,
    peer: (host = "10.0.0.2", port = 40_000) => rigPeer(network, host, port, at),
    change(path: string, value: string) {
      state.set(path, value);
      server.changed(path);
    },
  };
}

function identified(port: DatagramPort, identities: { readonly [host: string]: string }): DatagramPort {
  const nameOf = ({ host }: Peer) => (identities[host] === undefined ? {} : { identity: identities[host] });
  return { ...port, hear: (listener) => port.hear((bytes, from) => listener(bytes, { ...from, ...nameOf(from) })) };
}

/** A socket that says exactly what it is told to. */
function rigPeer(
  network: VirtualNetwork,
  host: string,
  port: number,
  to: { readonly host: string; readonly port: number },
) {
  const { port: opened, heard } = network.listen(host, port);
  let read = 0;
  const peer = {
    port: opened,
    /** All datagrams so far. */
    heard,
    send(what: Message | string) {
      opened.send(typeof what === "string" ? Buffer.from(what, "hex") : encode(what), to);
    },
    /** What came since the last look, after `ms`. */
    async hear(ms = 10): Promise<readonly Message[]> {
      await network.pass(ms);
      const fresh = heard.slice(read);
      read = heard.length;
      return fresh.map(({ bytes }) => decode(bytes)).filter(isMessage);
    },
    /** Sends, and returns the one answer. */
    async ask(what: Message | string, ms = 10): Promise<Message> {
      await peer.hear(0);
      peer.send(what);
      const [answer] = await peer.hear(ms);
      if (answer === undefined) throw new Error("no answer came");
      return answer;
    },
  };
  return peer;
}

/** What {@link asks} may change. */
interface Wishes {
  readonly type?: 0 | 1;
  readonly code?: number;
  readonly messageId?: number;
  readonly token?: string;
  readonly options?: readonly Option[];
  readonly payload?: Uint8Array | string;
}

/** A request by hand: a CON GET with message id 1 and a token of four bytes, unless told otherwise. */
export function asks(path: string, wishes: Wishes = {}): Message {
  const { type = messageType.con, messageId = 1, token = "aabbccdd", options = [], payload = "" } = wishes;
  return {
    type,
    code: wishes.code ?? code.get,
    messageId,
    token: Buffer.from(token, "hex"),
    options: [...pathOptions(path), ...options],
    payload: Buffer.from(payload),
  };
}

/** The Echo option that the server has put into its answer, to be sent back. */
export function echoIn({ options }: Message): readonly Option[] {
  return options.filter(({ number }) => number === optionNumber.echo).map(({ number, value }) => option(number, value));
}
