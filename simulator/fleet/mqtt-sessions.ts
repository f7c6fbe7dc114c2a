import type { DeviceSelf, DeviceType, Will } from "#contract/device.ts";
import type { FleetSeat } from "#contract/fleet.ts";
import { openLeanSession } from "../mqtt/lean-session.ts";
import type { Sessions } from "./sessions.ts";

/** Sessions over MQTT: a connection for each device, with its last will. */
export function mqttSessions({ at }: FleetSeat, { keepAliveS }: DeviceType): Sessions {
  return {
    facts: {},
    open(device, wheel) {
      const will = willOf(device);
      return openLeanSession(at, { ...device.identity, keepAliveS, clean: true, ...(will && { will }) }, device, wheel);
    },
    async [Symbol.asyncDispose]() {},
  };
}

function willOf(self: DeviceSelf): Will | undefined {
  for (const behaviour of self.type.behaviours) {
    const will = behaviour.will?.(self);
    if (will !== undefined) return will;
  }
  return undefined;
}
