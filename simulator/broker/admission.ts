import type { Account, Accounts } from "./accounts.ts";
import type { BrokerKnobs } from "./broker-knobs.ts";
import type { Principal } from "./principal.ts";

/** What a client says in its CONNECT, and what its TLS certificate says. */
export interface Presented {
  readonly clientId: string;
  readonly username?: string | undefined;
  readonly password?: Uint8Array | undefined;
  readonly certificateName?: string | undefined;
}

/** Whether a client is let in; `code` is that of the CONNACK. */
export type Admission =
  | { readonly kind: "admitted"; readonly principal: Principal }
  | { readonly kind: "refused"; readonly code: 2 | 4 | 5; readonly because: RefusalReason };

/** `wrong-secret` also for an unknown user name: nobody learns which names exist. */
export type RefusalReason = "no-credentials" | "no-certificate" | "wrong-secret" | "client-id-not-its-own";

type Rules = Pick<BrokerKnobs, "authentication" | "clientIds">;

/** Decides who a client is, and whether it may be that. Knows no limits. */
export function admit(presented: Presented, accounts: Accounts, { authentication, clientIds }: Rules): Admission {
  const { clientId, username, certificateName } = presented;
  if (authentication === "certificate") {
    const account = certificateName === undefined ? undefined : accounts.byName(certificateName);
    if (account === undefined) return { kind: "refused", code: 5, because: "no-certificate" };
    return bindId(account, clientId, accounts, clientIds);
  }
  if (username === undefined) {
    if (authentication !== "none") return { kind: "refused", code: 5, because: "no-credentials" };
    // A nameless client may not borrow a name that somebody has a secret for, where client ids are bound.
    if (clientIds === "bound" && accounts.isTaken(clientId)) return notItsOwn;
    return { kind: "admitted", principal: { clientId, staff: false, owns: clientId } };
  }
  const account = accounts.verify(username, presented.password ?? new Uint8Array());
  if (account === undefined) return { kind: "refused", code: 4, because: "wrong-secret" };
  return bindId(account, clientId, accounts, clientIds);
}

const notItsOwn: Admission = { kind: "refused", code: 2, because: "client-id-not-its-own" };

function bindId(account: Account, clientId: string, accounts: Accounts, clientIds: Rules["clientIds"]): Admission {
  if (clientIds === "bound" && !hasId(account, clientId, accounts)) return notItsOwn;
  const staff = account.role === "operator" || account.role === "factory";
  const owns = account.role === "fleet" ? clientId : account.name;
  return { kind: "admitted", principal: { account: account.name, clientId, staff, owns } };
}

function hasId({ role, name }: Account, clientId: string, accounts: Accounts): boolean {
  if (role === "device") return clientId === name;
  // The secret is the same for all, so any device's id must do.
  if (role === "fleet") return accounts.isTaken(clientId) && clientId !== "operator";
  // The operator watches and commands over several connections at once: operator, operator-2, operator-witness …
  if (role === "operator") return clientId === name || clientId.startsWith(`${name}-`);
  return !accounts.isTaken(clientId);
}
