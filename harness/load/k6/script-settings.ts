import { isIPv6 } from "node:net";
import type { LabAddress, Random } from "#contract/bench.ts";
import { LabError } from "#contract/errors.ts";
import type { DeviceIdentity, Identity } from "#contract/identity.ts";
import type { LoadSeat } from "#contract/load.ts";
import type { ScriptIdentity, Settings } from "../scripts/settings.ts";
import type { K6Job } from "./job.ts";
import type { SecretFolder } from "./secret-folder.ts";

const keepAliveS = 60;

/** Writes what the script is told into the folder; returns the path of its settings. */
export async function writeSettings(
  folder: SecretFolder,
  seat: LoadSeat,
  job: K6Job,
  random: Random,
): Promise<{ readonly settings: string; readonly summary: string }> {
  const operator = job.needsOperator ? operatorOf(seat) : undefined;
  const identitiesFile = await folder.write("identities.json", {
    clients: seat.identities.slice(0, job.clients).map(clientOf),
    ...(operator && { operator: { ...named(operator), telemetry: "", command: "" } }),
  });
  const summary = folder.path("summary.json");
  const settings: Settings<K6Job["own"]> = {
    url: urlOf(seat.at),
    hosts: hostsOf(seat.at),
    keepAliveS,
    seed: random.integer(0, 2 ** 31),
    scenarios: job.scenarios,
    thresholds: job.thresholds,
    summaryFile: summary,
    identitiesFile,
    own: job.own,
  };
  return { settings: await folder.write("settings.json", settings), summary };
}

/** Where the load goes, as a URL. With TLS the host is the name to verify. */
export function urlOf({ scheme, host, port, serverName, path = "/mqtt" }: LabAddress): string {
  const name = scheme === "wss" && serverName !== undefined ? serverName : host;
  return `${scheme}://${isIPv6(name) ? `[${name}]` : name}:${port}${path}`;
}

/** The address that was pinned for a name, so that k6 does not ask for it again. */
function hostsOf({ scheme, host, port, serverName }: LabAddress): Settings<unknown>["hosts"] {
  if (scheme !== "wss" || serverName === undefined || serverName === host) return {};
  const address = isIPv6(host) ? `[${host}]` : host;
  return { [`${serverName}:${port}`]: `${address}:${port}` };
}

function clientOf(identity: DeviceIdentity): ScriptIdentity {
  const { telemetry, command } = identity.topics;
  return { ...named(identity), telemetry, command };
}

/** What MQTT needs of an identity; a certificate stays here. */
function named({ clientId, username, password }: Identity): Pick<ScriptIdentity, "clientId" | "username" | "password"> {
  return { clientId, ...(username !== undefined && { username }), ...(password !== undefined && { password }) };
}

function operatorOf({ operator, facts }: LoadSeat): Identity {
  if (operator !== undefined) return operator;
  throw new LabError(
    "E_CAPABILITY_MISSING",
    `the load addresses every client as operator, and ${facts.id} gave no operator`,
    "Add an operator to the identities file: an account that may publish to every device's command topic.",
  );
}
