import type { DeviceSelf, DeviceType } from "#contract/device.ts";
import { type DeviceIdentity, topicsBelow } from "#contract/identity.ts";
import { randomOf } from "./bench.ts";
import { deviceOf } from "./units.ts";

/** The identity of a device with the usual topics, without credentials. */
export function deviceIdentityOf(clientId: string): DeviceIdentity {
  return { clientId, topics: topicsBelow(`devices/${clientId}`) };
}

/** What a habit of the device `probe` gets to know. */
export function selfOf(
  posture: { readonly [knob: string]: string } = {},
  type: Partial<DeviceType> = {},
  seed = 1,
): DeviceSelf {
  return { identity: deviceIdentityOf("probe"), random: randomOf(seed), posture, type: deviceOf(type) };
}
