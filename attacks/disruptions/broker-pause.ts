import { z } from "zod";
import { defineDisruption } from "#contract/disruption.ts";
import { duration } from "#contract/parameters.ts";

const parameters = z.strictObject({
  lasts: duration({ atLeast: "100ms", atMost: "10m" })
    .prefault("50s")
    .describe("how long the broker stays frozen; devices notice after one and a half of their keep alive"),
  watch: duration({ atLeast: "1s", atMost: "1h" })
    .prefault("20s")
    .describe("how long the fleet is watched coming back"),
});

export const brokerPause = defineDisruption({
  id: "broker-pause",
  title: "Freeze the broker, and let it go on",
  explains: `Freezes the broker for 50 s: connections stay open, new ones are accepted, and nothing is ever answered. Nobody tells
the devices. They can only find out by keep alive, one and a half of it after the last word from the broker: 45 s where it is
30 s, as most simulated devices have it. Then they try again, and wait for a CONNACK that does not come. A freeze that is
shorter severs nothing, and measures of the return say so. The fleet is watched for 20 s afterwards, as a device that has just
begun to wait for a CONNACK does so for 10 s and then waits up to 8 s before its next try.`,
  needs: ["pause"],
  parameters,
  severs: true,
  lastsMs: ({ lasts }) => lasts,
  watchMs: ({ watch }) => watch,
  impose: (_bench, can) => can.pause(),
});
