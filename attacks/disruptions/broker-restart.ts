import { z } from "zod";
import { defineDisruption } from "#contract/disruption.ts";
import { duration } from "#contract/parameters.ts";
import { backByItself } from "./parts/back-by-itself.ts";

const parameters = z.strictObject({
  downFor: duration({ atLeast: "100ms", atMost: "10m" })
    .prefault("2s")
    .describe("time between the end of the broker and its new start"),
  watch: duration({ atLeast: "1s", atMost: "1h" }).prefault("9s").describe("how long the fleet is watched coming back"),
});

export const brokerRestart = defineDisruption({
  id: "broker-restart",
  title: "End the broker, and start it again",
  explains: `Ends the broker, leaves it down for 2 s and starts it again on the same port. Every device loses its connection and
its session, and nobody can connect meanwhile. Then the fleet is watched for 9 s: how fast it comes back, and how spread its
attempts are. Works where seatrial starts the target itself.`,
  needs: ["restart"],
  parameters,
  severs: true,
  lastsMs: ({ downFor }) => downFor,
  watchMs: ({ watch }) => watch,
  impose: async (_bench, can, { downFor }) => backByItself(can.restart(downFor)),
});
