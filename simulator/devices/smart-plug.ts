import type { DeviceType } from "#contract/device.ts";
import { coapSockets } from "../behaviours/coap-sockets.ts";
import { localFunction } from "../behaviours/local-function.ts";
import { obeyCommands } from "../behaviours/obey-commands.ts";
import { reconnectWithBackoff } from "../behaviours/reconnect-with-backoff.ts";
import { safeState } from "../behaviours/safe-state.ts";
import { telemetry } from "../behaviours/telemetry.ts";

/** A plug that switches whatever hangs on it, heaters too; without control it only switches off. */
export const smartPlug: DeviceType = {
  id: "smart-plug",
  title: "Smart plug",
  speaks: "coap",
  impact: { safety: 2, availability: 2, data: 1, fleet: 3 },
  can: ["heat"],
  essential: {
    name: "cut off an overload",
    everyMs: 500,
    safeState: "off until it is switched on by hand",
    safeWithinMs: 2_000,
  },
  telemetry: {
    everyMs: 2_000,
    qos: 1,
    reading: (sequence, random) => {
      const on = sequence % 60 < 45;
      return {
        on,
        watts: on ? Math.round(1_150 + 80 * random.next()) : 0,
        volts: Number((229 + 3 * random.next()).toFixed(1)),
        wattHours: sequence * 0.5,
      };
    },
  },
  keepAliveS: 10,
  behaviours: [coapSockets("shared"), reconnectWithBackoff, telemetry, obeyCommands, localFunction, safeState],
};
