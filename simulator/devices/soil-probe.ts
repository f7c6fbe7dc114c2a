import type { DeviceType } from "#contract/device.ts";
import { lastWill } from "../behaviours/last-will.ts";
import { localFunction } from "../behaviours/local-function.ts";
import { safeState } from "../behaviours/safe-state.ts";
import { sleep } from "../behaviours/sleep.ts";
import { telemetry } from "../behaviours/telemetry.ts";

/** A probe on a battery: it logs all the time, and sleeps between short reports. */
export const soilProbe: DeviceType = {
  id: "soil-probe",
  title: "Soil moisture probe",
  speaks: "mqtt",
  impact: { safety: 0, availability: 1, data: 0, fleet: 1 },
  can: [],
  essential: { name: "log moisture", everyMs: 2_000, safeState: "logging to its own memory", safeWithinMs: 20_000 },
  telemetry: {
    everyMs: 2_000,
    qos: 1,
    reading: (sequence, random) => ({
      moisturePercent: Number((38 - Math.min(20, sequence / 200) + random.next()).toFixed(1)),
      celsius: Number((14 + 3 * Math.sin(sequence / 300)).toFixed(1)),
    }),
  },
  keepAliveS: 30,
  sleeps: { awakeMs: 1_500, asleepMs: 5_000 },
  behaviours: [sleep, telemetry, lastWill, localFunction, safeState],
};
