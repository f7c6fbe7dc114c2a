import type { DeviceType } from "#contract/device.ts";
import { lastWill } from "../behaviours/last-will.ts";
import { localFunction } from "../behaviours/local-function.ts";
import { obeyCommands } from "../behaviours/obey-commands.ts";
import { reconnectWithBackoff } from "../behaviours/reconnect-with-backoff.ts";
import { safeState } from "../behaviours/safe-state.ts";
import { telemetry } from "../behaviours/telemetry.ts";

/** Keeps a room warm by its own loop; without control it only protects from frost. */
export const thermostat: DeviceType = {
  id: "thermostat",
  title: "Room thermostat",
  speaks: "mqtt",
  impact: { safety: 2, availability: 2, data: 1, fleet: 2 },
  can: ["heat"],
  essential: {
    name: "regulate temperature",
    everyMs: 1_000,
    safeState: "frost protection at 8 °C",
    safeWithinMs: 2_000,
  },
  telemetry: {
    everyMs: 2_000,
    qos: 1,
    reading: (sequence, random) => ({
      celsius: Number((20 + 1.5 * Math.sin(sequence / 20) + 0.2 * random.next()).toFixed(1)),
      target: 20,
      heating: Math.sin(sequence / 20) < 0,
    }),
  },
  keepAliveS: 30,
  behaviours: [reconnectWithBackoff, telemetry, obeyCommands, lastWill, localFunction, safeState],
};
