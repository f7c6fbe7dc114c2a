import { createHash, timingSafeEqual } from "node:crypto";
import type { Random } from "#contract/bench.ts";
import { type DeviceIdentity, type Identities, type Identity, topicsBelow } from "#contract/identity.ts";
import type { BrokerKnobs } from "./broker-knobs.ts";

/** One user name with its secret. */
export interface Account {
  readonly name: string;
  /** SHA-256 of the password, so that comparing takes the same time for every length. */
  readonly digest: Buffer;
  readonly role: "operator" | "factory" | "device" | "fleet";
}

/** All accounts of a broker, and the identities that belong to them. */
export interface Accounts {
  readonly identities: Identities;
  byName(name: string): Account | undefined;
  /** The account where the password is right. Takes the same time for an unknown name as for a wrong password. */
  verify(name: string, password: Uint8Array): Account | undefined;
  /** Whether a device (of the fleet, the intruder or the victim) or the operator has this client id. */
  isTaken(clientId: string): boolean;
}

type Rules = Pick<BrokerKnobs, "authentication" | "factoryLogin">;

/**
 * Makes accounts with random passwords for the operator, the intruder, the victim and so many devices. With
 * authentication `shared` all but the operator have user name `fleet` and one password.
 */
export function makeAccounts(random: Random, devices: number, { authentication, factoryLogin }: Rules): Accounts {
  const fleetPassword = random.hex(16);
  const accounts = new Map<string, Account>();
  const add = (name: string, password: string, role: Account["role"]) =>
    accounts.set(name, { name, digest: digestOf(password), role });

  const identityOf = (clientId: string, role: "operator" | "device"): Identity => {
    const shared = authentication === "shared" && role === "device";
    const username = shared ? "fleet" : clientId;
    const password = shared ? fleetPassword : random.hex(16);
    if (!accounts.has(username)) add(username, password, shared ? "fleet" : role);
    return { clientId, username, password };
  };
  const deviceOf = (clientId: string): DeviceIdentity => ({
    ...identityOf(clientId, "device"),
    topics: topicsBelow(`devices/${clientId}`),
  });

  const identities: Identities = {
    operator: identityOf("operator", "operator"),
    intruder: deviceOf("intruder"),
    victim: deviceOf("victim"),
    devices: Array.from({ length: devices }, (_, n) => deviceOf(`device-${String(n + 1).padStart(4, "0")}`)),
  };
  if (factoryLogin) add("admin", "admin", "factory");

  const taken = new Set(["operator", "intruder", "victim", ...identities.devices.map(({ clientId }) => clientId)]);
  const nobody = digestOf(random.hex(16));
  return {
    identities,
    byName: (name) => accounts.get(name),
    verify(name, password) {
      const account = accounts.get(name);
      const same = timingSafeEqual(digestOf(password), account?.digest ?? nobody);
      return same ? account : undefined;
    },
    isTaken: (clientId) => taken.has(clientId),
  };
}

function digestOf(password: string | Uint8Array): Buffer {
  return createHash("sha256").update(password).digest();
}
