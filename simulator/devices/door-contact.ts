import type { DeviceType } from "#contract/device.ts";
import { coapSockets } from "../behaviours/coap-sockets.ts";
import { localFunction } from "../behaviours/local-function.ts";
import { reconnectWithBackoff } from "../behaviours/reconnect-with-backoff.ts";
import { safeState } from "../behaviours/safe-state.ts";
import { telemetry } from "../behaviours/telemetry.ts";

/** A contact on a door or window whose state others observe; it logs and warns by itself when control is lost. */
export const doorContact: DeviceType = {
  id: "door-contact",
  title: "Door contact",
  speaks: "coap",
  impact: { safety: 1, availability: 2, data: 2, fleet: 2 },
  can: [],
  essential: {
    name: "watch the door",
    everyMs: 500,
    safeState: "logging to its own memory, buzzer armed",
    safeWithinMs: 2_000,
  },
  telemetry: {
    everyMs: 2_000,
    qos: 1,
    reading: (sequence, random) => ({
      open: sequence % 25 < 2,
      tampered: false,
      batteryVolts: Number((3 - Math.min(0.6, sequence / 100_000) + 0.01 * random.next()).toFixed(2)),
    }),
  },
  keepAliveS: 10,
  behaviours: [coapSockets("shared"), reconnectWithBackoff, telemetry, localFunction, safeState],
};
