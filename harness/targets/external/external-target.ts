import type { Bench, LabAddress } from "#contract/bench.ts";
import type { CoapResources } from "#contract/coap.ts";
import { LabError } from "#contract/errors.ts";
import type { Identities, Role } from "#contract/identity.ts";
import type { Claim, RunningTarget, Target, TargetOrder } from "#contract/target.ts";
import { whyNoAnswer } from "../reach/why-no-answer.ts";
import { addressOf, type Where } from "./address-of.ts";
import { anonymousIdentities } from "./anonymous-identities.ts";
import { listenersOf, resourcesOf, whyNoServer } from "./coap-server.ts";

const answerWithinMs = 5_000;

/** Who may enter, from the user's file, and for a CoAP server what its resources are good for. */
export interface GivenIdentities extends Identities {
  readonly resources?: CoapResources;
}

/**
 * The user's own broker or CoAP server. Nothing of it is changed or restarted, so it has no capabilities.
 * Throws E_USAGE for a URL that is none.
 * @param given `identities` from the user's file; without them everyone comes without credentials.
 */
export function externalTarget(given: {
  readonly url: string;
  /** PEM of the authority that signed the broker's certificate, where it is not a public one. */
  readonly ca?: string;
  readonly identities?: GivenIdentities;
}): Target {
  const { url, identities } = given;
  const where = addressOf(url);
  const speaks = where.scheme.startsWith("coap") ? "coap" : "mqtt";
  return {
    id: url,
    title: speaks === "coap" ? "Your own CoAP server, as it is" : "Your own broker, as it is",
    speaks: [speaks],
    offers: [],
    listens: [where.scheme],
    ...(identities && { gives: { roles: rolesOf(identities), devices: identities.devices.length } }),

    async start(bench, claim, order): Promise<RunningTarget> {
      const entering = identities ? enough(identities, order, url) : anonymous(bench, order);
      const named = await claim({ ...where, ...(given.ca !== undefined && { ca: given.ca }) });
      const found = await (speaks === "coap" ? findServer : findBroker)(bench, claim, named, { url, where, entering });
      return {
        // What somebody runs is a product; its devices are still simulated, which the report says.
        facts: { id: url, product: "not known", fidelity: "emulated" },
        can: {},
        identities: entering,
        ...found,
        // It was there before us and stays.
        [Symbol.asyncDispose]: async () => {},
      };
    },
  };
}

/** What the user says of a target. */
interface Named {
  readonly url: string;
  readonly where: Where;
  readonly entering: GivenIdentities;
}

type Found = Pick<RunningTarget, "main" | "address" | "resources">;

async function findBroker(bench: Bench, _claim: Claim, named: LabAddress, { url }: Named): Promise<Found> {
  const why = await whyNoAnswer(bench, named, answerWithinMs);
  if (why !== undefined) throw unreachable(url, why, "MQTT");
  return { main: named, address: (scheme) => (scheme === named.scheme ? named : undefined) };
}

async function findServer(
  bench: Bench,
  claim: Claim,
  named: LabAddress,
  { url, where, entering }: Named,
): Promise<Found> {
  const why = await whyNoServer(bench, named, answerWithinMs);
  if (why !== undefined) throw unreachable(url, why, "CoAP");
  const listeners = await listenersOf(bench, claim, named, where);
  return {
    // A plain listener beside a secure one is where strangers come in, so that is where attacks begin.
    main: listeners[0] ?? named,
    address: (scheme) => listeners.find((each) => each.scheme === scheme),
    resources: await resourcesOf(bench, listeners, entering, entering.resources),
  };
}

function rolesOf(identities: Identities): readonly Role[] {
  const roles: readonly Role[] = ["operator", "intruder", "victim"];
  return roles.filter((role) => identities[role] !== undefined);
}

function anonymous({ observe, runId }: Bench, { devices }: TargetOrder): Identities {
  observe.note("identities.anonymous", { because: "no identities file was given", devices });
  return anonymousIdentities(runId, devices);
}

function enough(identities: GivenIdentities, { devices }: TargetOrder, url: string): GivenIdentities {
  const given = identities.devices.length;
  if (given >= devices) return identities;
  throw new LabError(
    "E_PLAN",
    `the fleets have ${devices} devices, but the identities file for ${url} lists ${given}`,
    `Add ${devices - given} to its "devices", or make the fleets smaller.`,
  );
}

function unreachable(url: string, why: Error, protocol: string): LabError {
  return new LabError(
    "E_TARGET_UNREACHABLE",
    `${url}: nothing that speaks ${protocol} answers (${why.message.replace(/^\w+:\/\/\S+: /, "")})`,
    "Check that it runs, and that host, port and scheme are right.",
    { cause: why },
  );
}
