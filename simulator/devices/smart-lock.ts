import type { DeviceType } from "#contract/device.ts";
import { lastWill } from "../behaviours/last-will.ts";
import { localFunction } from "../behaviours/local-function.ts";
import { obeyCommands } from "../behaviours/obey-commands.ts";
import { reconnectWithBackoff } from "../behaviours/reconnect-with-backoff.ts";
import { safeState } from "../behaviours/safe-state.ts";
import { telemetry } from "../behaviours/telemetry.ts";

/** A door lock: a local key opens it at any time, nothing else does once control is lost. */
export const smartLock: DeviceType = {
  id: "smart-lock",
  title: "Smart door lock",
  speaks: "mqtt",
  impact: { safety: 3, availability: 2, data: 2, fleet: 2 },
  can: ["unlock", "move"],
  essential: { name: "open for a local key", everyMs: 1_000, safeState: "locked, local key only", safeWithinMs: 1_500 },
  telemetry: {
    everyMs: 3_000,
    qos: 1,
    reading: (sequence, random) => ({
      locked: sequence % 10 !== 0,
      batteryVolts: Number((6.1 - Math.min(1.5, sequence / 20_000) + 0.02 * random.next()).toFixed(2)),
    }),
  },
  keepAliveS: 30,
  behaviours: [reconnectWithBackoff, telemetry, obeyCommands, lastWill, localFunction, safeState],
};
