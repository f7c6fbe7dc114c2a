import type { DeviceType } from "#contract/device.ts";
import { lastWill } from "../behaviours/last-will.ts";
import { localFunction } from "../behaviours/local-function.ts";
import { obeyCommands } from "../behaviours/obey-commands.ts";
import { reconnectWithBackoff } from "../behaviours/reconnect-with-backoff.ts";
import { safeState } from "../behaviours/safe-state.ts";
import { telemetry } from "../behaviours/telemetry.ts";

/** A shut-off valve with a flow meter: it watches for leaks by itself, and closes when control is lost. */
export const waterValve: DeviceType = {
  id: "water-valve",
  title: "Water valve with flow meter",
  speaks: "mqtt",
  impact: { safety: 2, availability: 3, data: 1, fleet: 3 },
  can: ["move"],
  essential: { name: "watch for leaks", everyMs: 500, safeState: "closed", safeWithinMs: 2_000 },
  telemetry: {
    everyMs: 1_000,
    qos: 1,
    reading: (sequence, random) => {
      const tapIsOpen = sequence % 30 < 8;
      return {
        open: true,
        litresPerMinute: tapIsOpen ? Number((7 + 2 * random.next()).toFixed(1)) : 0,
        bar: Number(((tapIsOpen ? 3.6 : 4.1) + 0.1 * random.next()).toFixed(2)),
      };
    },
  },
  keepAliveS: 20,
  behaviours: [reconnectWithBackoff, telemetry, obeyCommands, lastWill, localFunction, safeState],
};
