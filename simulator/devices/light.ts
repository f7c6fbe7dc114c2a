import type { DeviceType } from "#contract/device.ts";
import { coapSockets } from "../behaviours/coap-sockets.ts";
import { localFunction } from "../behaviours/local-function.ts";
import { obeyCommands } from "../behaviours/obey-commands.ts";
import { reconnectWithBackoff } from "../behaviours/reconnect-with-backoff.ts";
import { safeState } from "../behaviours/safe-state.ts";
import { telemetry } from "../behaviours/telemetry.ts";

/** A lamp: its wall switch works at any time, and it stays lit when control is lost. */
export const light: DeviceType = {
  id: "light",
  title: "Light",
  speaks: "coap",
  impact: { safety: 1, availability: 2, data: 1, fleet: 2 },
  can: [],
  essential: {
    name: "obey the wall switch",
    everyMs: 1_000,
    safeState: "on at half power, wall switch only",
    safeWithinMs: 3_000,
  },
  telemetry: {
    everyMs: 3_000,
    qos: 1,
    reading: (sequence, random) => {
      const on = sequence % 40 < 25;
      return { on, dimPercent: on ? 60 : 0, watts: on ? Number((4.8 + 0.3 * random.next()).toFixed(1)) : 0.3 };
    },
  },
  keepAliveS: 10,
  behaviours: [coapSockets("shared"), reconnectWithBackoff, telemetry, obeyCommands, localFunction, safeState],
};
