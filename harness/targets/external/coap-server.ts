import type { Bench, LabAddress } from "#contract/bench.ts";
import type { CoapResources } from "#contract/coap.ts";
import { LabError } from "#contract/errors.ts";
import type { Identities, Identity } from "#contract/identity.ts";
import type { Claim } from "#contract/target.ts";
import { whyNoAnswer } from "../reach/why-no-answer.ts";
import type { Where } from "./address-of.ts";
import { openPlainReader, openSecureReader } from "./coap-reader.ts";
import { type Discovered, discoverResources } from "./discover-resources.ts";
import { askWithKeptClient } from "./kept-client.ts";

const handshakeWithinMs = 5_000;
const plainLookMs = 1_000;

/** Why a CoAP server does not answer at the address that the user named; undefined where it does. */
export async function whyNoServer(bench: Bench, at: LabAddress, withinMs: number): Promise<Error | undefined> {
  if (at.scheme !== "coap") return whyNoAnswer(bench, at, withinMs);
  try {
    await askWithKeptClient(bench, at, withinMs);
    return undefined;
  } catch (cause) {
    // It gives up at answers that it cannot read; ours says whether anything came at all.
    return (await whyNoAnswer(bench, at, plainLookMs)) === undefined ? undefined : asError(cause);
  }
}

/**
 * Every address of the server: the one that the user named and, below one for coaps, the plain one where something
 * answers. It is looked for only where the guard admits it: on loopback, or where the scope lists that port.
 */
export async function listenersOf(
  bench: Bench,
  claim: Claim,
  named: LabAddress,
  { host }: Where,
): Promise<readonly LabAddress[]> {
  if (named.scheme !== "coaps") return [named];
  const port = named.port - 1;
  const plain = await admitted(claim, { scheme: "coap", host, port });
  // The name is resolved once more here, and must not lead elsewhere now.
  if (plain === undefined || plain.host !== named.host) {
    bench.observe.note("listener.not-looked-for", { scheme: "coap", port, because: "it is not in scope" });
    return [named];
  }
  const isOpen = (await whyNoAnswer(bench, plain, plainLookMs)) === undefined;
  bench.observe.note("listener.looked-for", { scheme: "coap", port, isOpen });
  return isOpen ? [plain, named] : [named];
}

async function admitted(claim: Claim, where: Where): Promise<LabAddress | undefined> {
  if (where.port < 1) return undefined;
  try {
    return await claim(where);
  } catch (cause) {
    if (cause instanceof LabError && cause.code === "E_OUT_OF_SCOPE") return undefined;
    throw cause;
  }
}

/**
 * What the server's resources are good for: what the user declared, and beside it what reading them tells. With coaps
 * they are read as the operator, or as whoever else has a key; over TCP nothing is read.
 */
export async function resourcesOf(
  bench: Bench,
  listeners: readonly LabAddress[],
  identities: Identities,
  declared: CoapResources | undefined,
): Promise<CoapResources> {
  const found = await discovered(bench, listeners, identities);
  bench.observe.note("resources.found", {
    ...(found && { listed: found.listed, read: found.read, found: Object.keys(found.resources) }),
    declared: Object.keys(declared ?? {}),
  });
  return { ...(found?.resources ?? { sensitive: [] }), ...declared };
}

async function discovered(
  bench: Bench,
  listeners: readonly LabAddress[],
  identities: Identities,
): Promise<Discovered | undefined> {
  const secure = listeners.find(({ scheme }) => scheme === "coaps");
  const plain = listeners.find(({ scheme }) => scheme === "coap");
  const as = whoHasKey(identities);
  try {
    if (secure && as) {
      await using reader = await openSecureReader(bench, secure, as, handshakeWithinMs);
      return await discoverResources(reader, bench);
    }
    if (plain === undefined) return undefined;
    await using reader = await openPlainReader(bench, plain);
    return await discoverResources(reader, bench);
  } catch (cause) {
    if (cause instanceof LabError) throw cause;
    // Credentials that do not open the door are for the controls to find; here it only means that nothing was learnt.
    bench.observe.note("resources.unread", { because: asError(cause).message });
    return undefined;
  }
}

function whoHasKey({ operator, victim, intruder, devices }: Identities): Identity | undefined {
  return [operator, victim, intruder, ...devices].find((identity) => identity?.password !== undefined);
}

function asError(cause: unknown): Error {
  return cause instanceof Error ? cause : new Error(String(cause));
}
