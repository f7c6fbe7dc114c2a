import { z } from "zod";
import { defineDisruption } from "#contract/disruption.ts";
import { duration } from "#contract/parameters.ts";

const parameters = z.strictObject({
  lasts: duration({ atLeast: "100ms", atMost: "10m" }).prefault("3s").describe("how long the link stays cut"),
  watch: duration({ atLeast: "1s", atMost: "1h" }).prefault("9s").describe("how long the fleet is watched coming back"),
});

export const linkCut = defineDisruption({
  id: "link-cut",
  title: "Cut the link between the devices and the broker",
  explains: `Resets every connection of the fleet at once, and every new one as soon as it is made, for 3 s. Datagrams of CoAP
devices vanish without a word, which they notice only by unanswered requests, so give these 20 s. The target keeps
running. Then the fleet is watched for 9 s: how fast it comes back, and how spread its attempts are. The link is a
proxy of seatrial between fleet and target; attacks do not go through it.`,
  needs: ["cutLink"],
  parameters,
  severs: true,
  lastsMs: ({ lasts }) => lasts,
  watchMs: ({ watch }) => watch,
  impose: (_bench, can) => can.cutLink(),
});
