import { createHash } from "node:crypto";
import type { Identity } from "#contract/identity.ts";
import type { Login } from "../../accounts/lab-identities.ts";

export const counterName = "seatrial-counter";

/**
 * The account that reads the broker's counters. It follows from the operator's, so that who knows that one knows this
 * one, too; it is another one because its session would end the operator's where the client id is bound to the account.
 */
export function counterAccount(operator: Identity | undefined): Identity & Login {
  const password = createHash("sha256").update(`${counterName} ${operator?.password}`).digest("hex").slice(0, 32);
  return { clientId: counterName, username: counterName, password };
}
