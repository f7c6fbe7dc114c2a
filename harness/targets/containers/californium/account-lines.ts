import type { BrokerAccount } from "../broker-accounts.ts";

const rights: { readonly [may in BrokerAccount["may"]]: string } = { all: "all", "read all": "read", own: "own" };

/** A line for each account, as LabServer.java reads them. */
export function accountLines(all: readonly BrokerAccount[]): string {
  return all.map(({ username, password, may }) => `${username}\t${password}\t${rights[may]}\n`).join("");
}
