import type { Identities } from "#contract/identity.ts";
import { type Login, loginsOf } from "../accounts/lab-identities.ts";

/** An account that a broker must let in, and what it may do there. */
export interface BrokerAccount extends Login {
  readonly may: Rights;
}

/** `own` is all below `devices/<username>/`, in both directions. */
export type Rights = "all" | "read all" | "own";

/** Where the topics of a device begin. */
export const ownTopics = (username: string): string => `devices/${username}/`;

/** The accounts of these identities, with the rights that each needs. */
export function brokerAccounts(identities: Identities): readonly BrokerAccount[] {
  return loginsOf(identities).map(({ username, password }) => ({
    username,
    password,
    may: rightsOf(identities, username),
  }));
}

function rightsOf({ operator, witness }: Identities, username: string): Rights {
  if (username === operator?.username) return "all";
  return username === witness?.username ? "read all" : "own";
}
