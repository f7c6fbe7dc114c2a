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

export const brokerKill = defineDisruption({
  id: "broker-kill",
  title: "Kill the broker, and start it again",
  explains: `Kills the broker as a crash does (SIGKILL where it is a process), leaves it down for 2 s and starts it again on the
same port. It can write nothing down, say no goodbye and send no last wills: what it had not stored by then is lost. Then the
fleet is watched for 9 s: how fast it comes back, and how spread its attempts are. Works where seatrial starts the target itself.`,
  needs: ["kill"],
  parameters,
  severs: true,
  lastsMs: ({ downFor }) => downFor,
  watchMs: ({ watch }) => watch,
  impose: async (_bench, can, { downFor }) => backByItself(can.kill(downFor)),
});
