import type { Random } from "#contract/bench.ts";
import type { Identities, Identity } from "#contract/identity.ts";
import { makeAccounts } from "#simulator/broker/accounts.ts";

/** The client id and user name of the account that counts what arrives. */
export const witnessName = "seatrial-witness";

/** A user name and its password. */
export interface Login {
  readonly username: string;
  readonly password: string;
}

/** Accounts with random passwords for the operator, a witness, the intruder, the victim and so many devices. */
export function labIdentities(random: Random, devices: number): Identities {
  const { identities } = makeAccounts(random, devices, { authentication: "per-device", factoryLogin: false });
  // An account of its own: where the client id is bound to the account, an attack that enters as operator would end its session.
  return { ...identities, witness: { clientId: witnessName, username: witnessName, password: random.hex(16) } };
}

/** The logins of all identities that have one. */
export function loginsOf({ operator, witness, intruder, victim, devices }: Identities): readonly Login[] {
  return [operator, witness, intruder, victim, ...devices].flatMap((identity) => loginOf(identity) ?? []);
}

function loginOf(identity: Identity | undefined): Login | undefined {
  if (identity?.username === undefined || identity.password === undefined) return undefined;
  return { username: identity.username, password: identity.password };
}
