import type { Identities, Identity } from "#contract/identity.ts";

/** An account that a broker must let in, and what it may do there. */
export interface BrokerAccount {
  readonly username: string;
  readonly password: string;
  readonly may: Rights;
}

/** `own` is all below `devices/<username>/`, in both directions. */
export type Rights = "all" | "read all" | "own";

/** Where the topics of a device begin. */
export const ownTopics = (username: string): string => `devices/${username}/`;

/** The accounts of these identities; one without a name or password needs none. */
export function brokerAccounts({ operator, witness, intruder, victim, devices }: Identities): readonly BrokerAccount[] {
  return [
    ...accountOf(operator, "all"),
    ...accountOf(witness, "read all"),
    ...[intruder, victim, ...devices].flatMap((device) => accountOf(device, "own")),
  ];
}

function accountOf(identity: Identity | undefined, may: Rights): readonly BrokerAccount[] {
  if (identity?.username === undefined || identity.password === undefined) return [];
  return [{ username: identity.username, password: identity.password, may }];
}
