import type { FreeCheck } from "#contract/check.ts";
import { judgeFunctionOffline } from "./fleet/function-offline.ts";

/** Whether the core function needs no connection at all, so that its owner may take it away. */
export const coreFunctionOffline: FreeCheck = {
  id: "core-function-offline",
  asks: "Does the core function of devices work with their connection cut?",
  covers: "P6.3/core-function-offline",
  remedy:
    "Let the core function run on the device alone, so that an owner can switch the connection off without losing it. Then run this again: every function that falls due while the link is cut must be performed.",
  needs: ["link-cut"],
  judge: (record) => judgeFunctionOffline(record, "link-cut"),
  exercise: { disruption: "link-cut" },
  twins: [
    {
      kills: "core-function-offline",
      loosen: { where: "device", knob: "localFunction", value: "cloud-only" },
    },
  ],
};
