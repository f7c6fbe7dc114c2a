import type { Ground } from "#contract/attack.ts";
import type { LabAddress, Scheme } from "#contract/bench.ts";
import type { DeviceIdentity, Identities } from "#contract/identity.ts";

/** Where a target of both protocols is met by MQTT. Throws where it is not. */
export function brokerOf({ at, listeners }: Pick<Ground, "at" | "listeners">): LabAddress {
  return addressOf([at, ...listeners], ["mqtt", "mqtts", "ws", "wss"]);
}

/** What a CoAP client needs of the same ground. Throws where it is not met by CoAP. */
export function deviceServerOf({ at, listeners }: Pick<Ground, "at" | "listeners">): Pick<Ground, "at" | "listeners"> {
  return { at: addressOf([at, ...listeners], ["coap", "coaps"]), listeners };
}

/** Who may enter by CoAP, where that differs. */
export function coapIdentities({
  identities,
  identitiesFor,
}: Pick<Ground, "identities" | "identitiesFor">): Identities {
  return identitiesFor?.("coap") ?? identities;
}

/** Who may enter by MQTT, where that differs. */
export function mqttIdentities({
  identities,
  identitiesFor,
}: Pick<Ground, "identities" | "identitiesFor">): Identities {
  return identitiesFor?.("mqtt") ?? identities;
}

function addressOf(addresses: readonly LabAddress[], schemes: readonly Scheme[]): LabAddress {
  for (const scheme of schemes) {
    const found = addresses.find((each) => each.scheme === scheme);
    if (found !== undefined) return found;
  }
  throw new Error(`the target has no listener for ${schemes.join(" or ")}`);
}

/** What stands before `/telemetry` in a device's topics: `devices/victim`. */
export function rootOf({ topics: { telemetry } }: DeviceIdentity): string {
  return telemetry.slice(0, Math.max(0, telemetry.lastIndexOf("/")));
}

/** Filter for what gateways publish of that device: `devices/+/field/victim/#`. */
export function fieldFilter(device: DeviceIdentity): string {
  const root = rootOf(device);
  return `${root.slice(0, root.lastIndexOf("/") + 1)}+/field/${device.clientId}/#`;
}
