import type { Random } from "#contract/bench.ts";
import type { DeviceIdentity, Identities, Identity } from "#contract/identity.ts";
import { labIdentities } from "../accounts/lab-identities.ts";

/** Whose key a PSK is: each device has its own, all have one, or all have the one that manuals print. */
export type PskKeys = "per-device" | "shared" | "default";

/** The key that libcoap's manual pages and most tutorials use. */
export const manualKey = "secretPSK";

/** Identities with their PSK as password. */
export function coapIdentities(random: Random, devices: number, keys: PskKeys): Identities {
  const own = labIdentities(random, devices);
  if (keys === "per-device") return own;
  return withKey(own, keys === "shared" ? random.hex(16) : manualKey);
}

function withKey({ operator, witness, intruder, victim, devices }: Identities, password: string): Identities {
  const one = <T extends Identity>(identity: T): T => ({ ...identity, password });
  return {
    ...(operator && { operator: one(operator) }),
    ...(witness && { witness: one(witness) }),
    ...(intruder && { intruder: one(intruder) }),
    ...(victim && { victim: one(victim) }),
    devices: devices.map((device): DeviceIdentity => one(device)),
  };
}
