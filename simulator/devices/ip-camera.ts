import type { DeviceType } from "#contract/device.ts";
import { lastWill } from "../behaviours/last-will.ts";
import { localFunction } from "../behaviours/local-function.ts";
import { obeyCommands } from "../behaviours/obey-commands.ts";
import { reconnectWithBackoff } from "../behaviours/reconnect-with-backoff.ts";
import { safeState } from "../behaviours/safe-state.ts";
import { telemetry } from "../behaviours/telemetry.ts";

/** A camera that reports motion; it records to its own card, and stops streaming when control is lost. */
export const ipCamera: DeviceType = {
  id: "ip-camera",
  title: "IP camera",
  speaks: "mqtt",
  impact: { safety: 1, availability: 1, data: 3, fleet: 3 },
  can: ["see", "hear"],
  essential: {
    name: "record to the local card",
    everyMs: 1_000,
    safeState: "recording locally, no stream",
    safeWithinMs: 3_000,
  },
  telemetry: {
    everyMs: 1_000,
    qos: 0,
    reading: (_sequence, random) => ({
      motion: random.next() < 0.1,
      framesPerSecond: random.integer(23, 26),
      cardUsedPercent: 61,
    }),
  },
  keepAliveS: 30,
  behaviours: [reconnectWithBackoff, telemetry, obeyCommands, lastWill, localFunction, safeState],
};
