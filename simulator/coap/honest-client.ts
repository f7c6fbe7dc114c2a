import type { Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import { Refused } from "#contract/errors.ts";
import type { Identity } from "#contract/identity.ts";
import type { WireReference } from "#contract/observation.ts";
import { connectDtls } from "../dtls/connect-dtls.ts";
import type { Peer } from "../udp/datagram.ts";
import { recordedPort } from "../udp/recorded-port.ts";
import { openUdpPort } from "../udp/udp-port.ts";
import type { CoapAsk } from "./ask.ts";
import { type CoapClient, openCoapClient } from "./client.ts";
import { code, codeText, isSuccess } from "./code.ts";
import type { Observation, ObserveOrder } from "./observations.ts";
import type { CoapReply } from "./reply.ts";

/** What a legitimate client asks its server. */
export type HonestAsk = Omit<CoapAsk, "to" | "withinMs"> & {
  /** Throw `Refused` where the server answers 4.01 or 4.03. */
  readonly must?: true;
};

/** A legitimate client at one server, with all manners of RFC 7252, 7641, 7959 and 9175. Recorded. */
export interface HonestCoap extends AsyncDisposable {
  readonly reference: WireReference;
  /** Whom it asks. */
  readonly at: Peer;
  /** As {@link CoapClient.request}. */
  ask(ask: HonestAsk, withinMs?: number): Promise<CoapReply>;
  observe(order: Omit<ObserveOrder, "to">): Observation;
}

/** How long every answer is waited for, milliseconds. */
const answerWithinMs = 3_000;

/**
 * Opens a legitimate client: over DTLS, where the target has a coaps address and `as` has a password, with the user name
 * (or client id) as PSK identity and the password's UTF-8 bytes as key; plain otherwise.
 * Throws `Refused` where the handshake was refused, Error where nobody answered it.
 */
export async function honestCoap(
  bench: Bench,
  ground: Pick<Ground, "at" | "listeners">,
  as?: Identity,
): Promise<HonestCoap> {
  const secure = [ground.at, ...ground.listeners].find(({ scheme }) => scheme === "coaps");
  const isSecure = secure !== undefined && as?.password !== undefined;
  const { host, port } = isSecure ? secure : ground.at;
  const at: Peer = { host, port };
  const recorded = recordedPort(await openUdpPort({ host: localHostFor(at), port: 0 }), bench.wire);
  const way = isSecure
    ? await connectDtls(recorded, bench, { to: at, ...secretOf(as), withinMs: answerWithinMs })
    : recorded;
  return honestOver(openCoapClient(way, bench), at, () => recorded.reference(at));
}

function secretOf({ clientId, username = clientId, password = "" }: Identity) {
  return { identity: username, key: Buffer.from(password) };
}

function honestOver(client: CoapClient, at: Peer, reference: () => WireReference): HonestCoap {
  return {
    at,
    get reference() {
      return reference();
    },
    async ask({ must = false, ...ask }, withinMs = answerWithinMs) {
      const reply = await client.request({ ...ask, to: at, withinMs });
      const isRefusal = reply.code === code.unauthorized || reply.code === code.forbidden;
      if (must && isRefusal)
        throw new Refused(codeText(reply.code), `${ask.path} was answered ${codeText(reply.code)}`);
      return reply;
    },
    observe: (order) => client.observe({ ...order, to: at }),
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}

/** Whether the server did what it was asked. */
export function succeeds(reply: CoapReply | undefined): boolean {
  return reply !== undefined && isSuccess(reply.code);
}

function localHostFor({ host }: Peer): string {
  if (host.includes(":")) return host === "::1" ? "::1" : "::";
  return host.startsWith("127.") ? "127.0.0.1" : "0.0.0.0";
}
