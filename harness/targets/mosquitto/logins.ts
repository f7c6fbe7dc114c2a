import type { Identities } from "#contract/identity.ts";
import type { Posture } from "#contract/target.ts";
import { type Login, loginsOf } from "../accounts/lab-identities.ts";

/** Whom a Mosquitto knows: every identity, and where it is weak the account that tutorials leave. */
export function mosquittoLogins(identities: Identities, posture: Posture): readonly Login[] {
  const own = loginsOf(identities);
  return posture === "weak" ? [...own, { username: "admin", password: "admin" }] : own;
}
