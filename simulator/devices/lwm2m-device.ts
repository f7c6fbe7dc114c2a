import type { DeviceType } from "#contract/device.ts";
import { coapSockets } from "../behaviours/coap-sockets.ts";
import { localFunction } from "../behaviours/local-function.ts";
import { obeyCommands } from "../behaviours/obey-commands.ts";
import { reconnectWithBackoff } from "../behaviours/reconnect-with-backoff.ts";
import { safeState } from "../behaviours/safe-state.ts";
import { telemetry } from "../behaviours/telemetry.ts";

/** A street light that a LwM2M server manages: it registers its objects, and its server may read them. */
export const lwm2mDevice: DeviceType = {
  id: "lwm2m-device",
  title: "Street light managed by LwM2M",
  speaks: "coap",
  impact: { safety: 2, availability: 2, data: 1, fleet: 3 },
  can: [],
  essential: {
    name: "light the street at night",
    everyMs: 1_000,
    safeState: "switched by its own twilight sensor",
    safeWithinMs: 5_000,
  },
  telemetry: {
    everyMs: 4_000,
    qos: 1,
    reading: (sequence, random) => ({
      dimPercent: sequence % 200 < 100 ? 100 : 30,
      lampHours: Number((sequence / 900).toFixed(2)),
      celsius: Number((31 + 2 * random.next()).toFixed(1)),
    }),
  },
  keepAliveS: 15,
  behaviours: [coapSockets("own"), reconnectWithBackoff, telemetry, obeyCommands, localFunction, safeState],
  registers: {
    // LwM2M 1.1 §6.2.1: the version, UDP as the binding, and an instance of Server, Device and Firmware Update each.
    parameters: ["lwm2m=1.1", "b=U"],
    links: "</1/0>,</3/0>,</5/0>",
    answers: {
      "1/0/1": "60",
      "1/0/7": "U",
      "3/0/0": "seatrial",
      "3/0/1": "street light",
      "3/0/3": "1.0.0",
      "3/0/16": "U",
      "5/0/3": "0",
      "5/0/5": "0",
    },
  },
};
