import { z } from "zod";
import { defineDisruption } from "#contract/disruption.ts";
import { duration } from "#contract/parameters.ts";

const parameters = z.strictObject({
  lasts: duration({ atLeast: "100ms", atMost: "10m" })
    .prefault("5s")
    .describe("how long the broker stays off its network"),
  watch: duration({ atLeast: "1s", atMost: "1h" })
    .prefault("15s")
    .describe("how long the fleet is watched coming back"),
});

export const networkCut = defineDisruption({
  id: "network-cut",
  title: "Take the broker off its network",
  explains: `Takes the broker off its network for 5 s and puts it back on the same port. It keeps running, and keeps sessions that it
does not know to be over. With Docker's own port forwarding, every connection of the fleet ends at once and new ones are
refused. Where nothing ends them devices meet silence, which they notice one and a half keep alives after the last word: then
let it last longer, or nothing is severed, and measures of the return say so. Attacks are cut off as well. Then the fleet is
watched for 15 s.`,
  needs: ["cutNetwork"],
  parameters,
  severs: true,
  lastsMs: ({ lasts }) => lasts,
  watchMs: ({ watch }) => watch,
  impose: (_bench, can) => can.cutNetwork(),
});
