import { z } from "zod";
import { defineDisruption } from "#contract/disruption.ts";
import { count, duration } from "#contract/parameters.ts";

const parameters = z.strictObject({
  spare: count({ atLeast: 1, atMost: 4_096 })
    .prefault(8)
    .describe("megabytes that the target may use beyond what it uses when the limit is set"),
  lasts: duration({ atLeast: "1s", atMost: "10m" }).prefault("15s").describe("how long the limit holds"),
  watch: duration({ atMost: "1h" }).prefault("15s").describe("how long the fleet is watched afterwards"),
});

const bytesPerMegabyte = 1_000_000;

export const memoryLimit = defineDisruption({
  id: "memory-limit",
  title: "Leave the broker hardly any memory",
  explains: `For 15 s, leaves the broker 8 MB of memory beyond what it uses at that moment. A broker that bounds its queues and
sessions goes on; one that does not is ended by its system, and is started again when the limit is lifted. Devices are not
expected to lose their connections, so a fleet that does counts against the broker. A fleet alone hardly needs more memory:
put a load beside it to see what the broker does when it wants more.`,
  needs: ["limitMemory"],
  parameters,
  severs: false,
  lastsMs: ({ lasts }) => lasts,
  watchMs: ({ watch }) => watch,
  impose: (_bench, can, { spare }) => can.limitMemory(spare * bytesPerMegabyte),
});
