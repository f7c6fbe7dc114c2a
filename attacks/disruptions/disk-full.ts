import { z } from "zod";
import { defineDisruption } from "#contract/disruption.ts";
import { duration } from "#contract/parameters.ts";

const parameters = z.strictObject({
  lasts: duration({ atLeast: "1s", atMost: "10m" }).prefault("12s").describe("how long the disk stays full"),
  watch: duration({ atMost: "1h" }).prefault("9s").describe("how long the fleet is watched afterwards"),
});

export const diskFull = defineDisruption({
  id: "disk-full",
  title: "Fill the disk that the broker writes to",
  explains: `Fills the disk that the broker writes to, for 12 s, and frees it again. A broker that stores sessions and messages meets
errors from then on. Devices are expected to stay connected and to have their messages acknowledged; whether one that was
acknowledged meanwhile would outlive a restart is not asked here. Then the fleet is watched for up to 9 s.`,
  needs: ["fillDisk"],
  parameters,
  severs: false,
  lastsMs: ({ lasts }) => lasts,
  watchMs: ({ watch }) => watch,
  impose: (_bench, can) => can.fillDisk(),
});
