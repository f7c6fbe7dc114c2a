import { anyOutage, type FreeCheck } from "#contract/check.ts";
import { judgeFunctionOffline } from "./fleet/function-offline.ts";

/** Whether devices heat, lock and measure in every kind of outage. */
export const localFunctionSurvives: FreeCheck = {
  id: "local-function-survives",
  asks: "Do devices go on performing their essential function while they have no broker?",
  covers: "P1.4/local-function-survives",
  remedy:
    "Keep the rules and the last settings of the essential function on the device, and let no step of it wait for the broker. Then run this again: every function that falls due during the outage must be performed.",
  needs: [anyOutage],
  judge: (record) => judgeFunctionOffline(record),
  exercise: { disruption: "broker-restart" },
  twins: [
    {
      kills: "local-function-survives",
      loosen: { where: "device", knob: "localFunction", value: "cloud-only" },
    },
  ],
};
