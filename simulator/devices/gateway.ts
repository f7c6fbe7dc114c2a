import type { DeviceType } from "#contract/device.ts";
import { lastWill } from "../behaviours/last-will.ts";
import { localFunction } from "../behaviours/local-function.ts";
import { reconnectWithBackoff } from "../behaviours/reconnect-with-backoff.ts";
import { relayField } from "../behaviours/relay-field.ts";
import { safeState } from "../behaviours/safe-state.ts";
import { telemetry } from "../behaviours/telemetry.ts";

/** A gateway between CoAP devices and a broker: it passes on what they report and what they are told. */
export const gateway: DeviceType = {
  id: "gateway",
  title: "Gateway between CoAP and MQTT",
  speaks: "mqtt",
  alsoSpeaks: ["coap"],
  impact: { safety: 2, availability: 3, data: 2, fleet: 3 },
  can: [],
  essential: {
    name: "run the rules of the house",
    everyMs: 1_000,
    safeState: "local rules only, no command passed on",
    safeWithinMs: 3_000,
  },
  telemetry: {
    everyMs: 5_000,
    qos: 1,
    reading: (sequence, random) => ({
      uptimeS: sequence * 5,
      freeMemoryPercent: Number((41 + 3 * random.next()).toFixed(1)),
    }),
  },
  keepAliveS: 20,
  behaviours: [reconnectWithBackoff, telemetry, relayField, lastWill, localFunction, safeState],
};
