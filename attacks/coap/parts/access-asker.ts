import type { Ground } from "#contract/attack.ts";
import type { Bench, LabAddress } from "#contract/bench.ts";
import { LabError, Refused } from "#contract/errors.ts";
import type { Identity } from "#contract/identity.ts";
import type { WireReference } from "#contract/observation.ts";
import { type CoapClient, openCoapClient } from "#simulator/coap/client.ts";
import { honestCoap } from "#simulator/coap/honest-client.ts";
import type { Option } from "#simulator/coap/option.ts";
import type { CoapReply } from "#simulator/coap/reply.ts";
import { connectDtls } from "#simulator/dtls/connect-dtls.ts";
import type { DatagramPort, Peer } from "#simulator/udp/datagram.ts";
import { recordedPort } from "#simulator/udp/recorded-port.ts";
import { openUdpPort } from "#simulator/udp/udp-port.ts";

/** What is asked of a server. */
export interface Order {
  readonly code: number;
  /** As in a URI, without the first slash, query allowed. Where it is absent the options say where it goes. */
  readonly path?: string;
  readonly options?: readonly Option[];
  readonly payload?: string | Uint8Array;
}

/** Somebody who asks a server: a stranger, a device, the operator. It answers 4.01 with Echo (RFC 9175) as any client does. */
export interface Asker extends AsyncDisposable {
  readonly who: string;
  readonly reference: WireReference;
  /** Whether the last question was not answered in time. */
  readonly isUnheard: boolean;
  /** An error code is a reply. Throws Refused for a RST, anything else where nothing came in time. */
  ask(order: Order, withinMs: number): Promise<CoapReply>;
}

/** The plain listener of the ground; undefined where it has none. */
export function plainAt({ at, listeners }: Pick<Ground, "at" | "listeners">): LabAddress | undefined {
  return [at, ...listeners].find(({ scheme }) => scheme === "coap");
}

/** Whether the ground has a listener with DTLS. */
export function hasSecure({ at, listeners }: Pick<Ground, "at" | "listeners">): boolean {
  return [at, ...listeners].some(({ scheme }) => scheme === "coaps");
}

/** Somebody without any security, from an address of its own where that can be had. */
export async function openStranger(bench: Bench, at: LabAddress): Promise<Asker> {
  const port = recordedPort(await attackerPort(bench, at), bench.wire);
  const to = { host: at.host, port: at.port };
  return ownAsker(openCoapClient(port, bench), to, "stranger", port.reference(to));
}

/** A legitimate identity: by DTLS where the ground has that, without any security otherwise. */
export async function openAsker(
  bench: Bench,
  ground: Pick<Ground, "at" | "listeners" | "resources">,
  who: string,
  as: Identity | undefined,
): Promise<Asker> {
  const client = await honestCoap(bench, ground, as);
  return askerOver(client, who, ({ code, path = "", options = [], payload = "" }, withinMs) =>
    client.ask({ code, path, options, payload }, withinMs),
  );
}

/**
 * A device with a key, by DTLS and within a time of its own. Throws `Refused` where the handshake was refused, Error where
 * nothing came of it in time or the ground has no DTLS.
 */
export async function openDevice(
  bench: Bench,
  { at, listeners }: Pick<Ground, "at" | "listeners">,
  who: string,
  { clientId, username = clientId, password = "" }: Identity,
  withinMs: number,
): Promise<Asker> {
  const secure = [at, ...listeners].find(({ scheme }) => scheme === "coaps");
  if (secure === undefined) throw new Error("there is no listener with DTLS");
  const to = { host: secure.host, port: secure.port };
  const port = recordedPort(await attackerPort(bench, secure), bench.wire);
  const session = await connectDtls(port, bench, { to, identity: username, key: Buffer.from(password), withinMs });
  return ownAsker(openCoapClient(session, bench), to, who, port.reference(to));
}

function ownAsker(client: CoapClient, to: Peer, who: string, reference: WireReference): Asker {
  const made = { reference, [Symbol.asyncDispose]: () => client[Symbol.asyncDispose]() };
  return askerOver(made, who, ({ code, path = "", options = [], payload = "" }, withinMs) =>
    client.request({ to, code, path, options, payload, withinMs }),
  );
}

function askerOver(
  client: AsyncDisposable & { readonly reference: WireReference },
  who: string,
  ask: Asker["ask"],
): Asker {
  let isUnheard = false;
  return {
    who,
    reference: client.reference,
    get isUnheard() {
      return isUnheard;
    },
    async ask(order, withinMs) {
      try {
        const reply = await ask(order, withinMs);
        isUnheard = false;
        return reply;
      } catch (cause) {
        isUnheard = !(cause instanceof Refused);
        throw cause;
      }
    },
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}

/** A loopback address that honest clients do not use, so that what a server does to the attacker's address harms no one else. */
async function attackerPort(bench: Bench, { host }: LabAddress): Promise<DatagramPort> {
  if (!host.startsWith("127.")) return openUdpPort({ host: host.includes(":") ? "::" : "0.0.0.0", port: 0 });
  try {
    return await openUdpPort({ host: "127.0.0.2", port: 0 });
  } catch (cause) {
    if (!(cause instanceof LabError) || cause.code !== "E_TARGET_START") throw cause;
    bench.observe.note("source.unavailable", { from: "127.0.0.2" });
    return openUdpPort({ host: "127.0.0.1", port: 0 });
  }
}
