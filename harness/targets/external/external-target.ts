import type { Bench } from "#contract/bench.ts";
import { LabError } from "#contract/errors.ts";
import type { Identities, Role } from "#contract/identity.ts";
import type { RunningTarget, Target, TargetOrder } from "#contract/target.ts";
import { whyNoAnswer } from "../reach/why-no-answer.ts";
import { addressOf } from "./address-of.ts";
import { anonymousIdentities } from "./anonymous-identities.ts";

const answerWithinMs = 5_000;

/**
 * The user's own broker. Nothing of it is changed or restarted, so it has no capabilities.
 * Throws E_USAGE for a URL that is none.
 * @param given `identities` from the user's file; without them everyone comes without credentials.
 */
export function externalTarget(given: {
  readonly url: string;
  /** PEM of the authority that signed the broker's certificate, where it is not a public one. */
  readonly ca?: string;
  readonly identities?: Identities;
}): Target {
  const { url, ca, identities } = given;
  const where = addressOf(url);
  return {
    id: url,
    title: "Your own broker, as it is",
    speaks: ["mqtt"],
    offers: [],
    listens: [where.scheme],
    ...(identities && { gives: { roles: rolesOf(identities), devices: identities.devices.length } }),

    async start(bench, claim, order): Promise<RunningTarget> {
      const entering = identities ? enough(identities, order, url) : anonymous(bench, order);
      const main = await claim({ ...where, ...(ca !== undefined && { ca }) });
      const why = await whyNoAnswer(bench, main, answerWithinMs);
      if (why !== undefined) throw unreachable(url, why);
      return {
        // A broker that somebody runs is a product; its devices are still simulated, which the report says.
        facts: { id: url, product: "not known", fidelity: "emulated" },
        can: {},
        identities: entering,
        main,
        address: (scheme) => (scheme === main.scheme ? main : undefined),
        // It was there before us and stays.
        [Symbol.asyncDispose]: async () => {},
      };
    },
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

function enough(identities: Identities, { devices }: TargetOrder, url: string): Identities {
  const given = identities.devices.length;
  if (given >= devices) return identities;
  throw new LabError(
    "E_PLAN",
    `the fleets have ${devices} devices, but the identities file for ${url} lists ${given}`,
    `Add ${devices - given} to its "devices", or make the fleets smaller.`,
  );
}

function unreachable(url: string, why: Error): LabError {
  return new LabError(
    "E_TARGET_UNREACHABLE",
    `${url}: nothing that speaks MQTT answers (${why.message.replace(/^\w+:\/\/\S+: /, "")})`,
    "Check that the broker runs, and that host, port and scheme are right.",
    { cause: why },
  );
}
