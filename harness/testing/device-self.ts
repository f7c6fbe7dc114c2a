import type { DeviceSelf, DeviceType } from "#contract/device.ts";
import type { DeviceIdentity } from "#contract/identity.ts";
import { randomOf } from "./bench.ts";
import { deviceOf } from "./units.ts";

/** The identity of a device with the usual topics, without credentials. */
export function deviceIdentityOf(clientId: string): DeviceIdentity {
  const topic = (leaf: string) => `devices/${clientId}/${leaf}`;
  return {
    clientId,
    topics: {
      telemetry: topic("telemetry"),
      state: topic("state"),
      command: topic("command"),
      config: topic("config"),
    },
  };
}

/** What a habit of the device `probe` gets to know. */
export function selfOf(
  posture: { readonly [knob: string]: string } = {},
  type: Partial<DeviceType> = {},
  seed = 1,
): DeviceSelf {
  return { identity: deviceIdentityOf("probe"), random: randomOf(seed), posture, type: deviceOf(type) };
}
