import type { DeviceType } from "#contract/device.ts";
import { coapSockets } from "../behaviours/coap-sockets.ts";
import { localFunction } from "../behaviours/local-function.ts";
import { reconnectWithBackoff } from "../behaviours/reconnect-with-backoff.ts";
import { safeState } from "../behaviours/safe-state.ts";
import { telemetry } from "../behaviours/telemetry.ts";

/** Quarters of an hour in a day. */
const quarters = 96;

/** A meter that reports the load profile of a whole day, which takes several blocks; it meters on without control. */
export const gasMeter: DeviceType = {
  id: "gas-meter",
  title: "Gas meter",
  speaks: "coap",
  impact: { safety: 1, availability: 2, data: 2, fleet: 2 },
  can: [],
  essential: {
    name: "meter the gas",
    everyMs: 1_000,
    safeState: "metering to its own register, valve as it is",
    safeWithinMs: 5_000,
  },
  telemetry: {
    everyMs: 10_000,
    qos: 1,
    reading: (sequence, random) => {
      let cubicMetres = 1_000 + (sequence % 9_000);
      const loadProfile = Array.from({ length: quarters }, (_, quarter) => {
        // More is burnt in the morning and in the evening.
        const share = 0.05 + 0.2 * Math.max(0, Math.sin((quarter - 24) / 8)) * random.next();
        cubicMetres += share;
        return { m3: Number(cubicMetres.toFixed(3)) };
      });
      return { cubicMetres: Number(cubicMetres.toFixed(3)), valveOpen: true, loadProfile };
    },
  },
  keepAliveS: 20,
  behaviours: [coapSockets("shared"), reconnectWithBackoff, telemetry, localFunction, safeState],
};
