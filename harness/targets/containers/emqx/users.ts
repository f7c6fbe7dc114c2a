import { createHash } from "node:crypto";
import type { Random } from "#contract/bench.ts";
import type { BrokerAccount } from "../broker-accounts.ts";

const saltBytes = 16;

/**
 * The file that the built-in database is filled from, as JSON, in which names need no quoting of their own: SHA-256 of
 * the password followed by the salt, both in hex.
 */
export function usersFile(accounts: readonly BrokerAccount[], random: Random): string {
  return JSON.stringify(accounts.map((account) => userOf(account, random.hex(saltBytes))));
}

function userOf({ username, password }: BrokerAccount, salt: string): object {
  return {
    user_id: username,
    password_hash: createHash("sha256").update(password, "utf8").update(salt).digest("hex"),
    salt,
    // A superuser passes by all rules.
    is_superuser: false,
  };
}
