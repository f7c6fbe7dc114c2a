import { z } from "zod";
import { defineDisruption } from "#contract/disruption.ts";
import { duration } from "#contract/parameters.ts";

const parameters = z.strictObject({
  lasts: duration({ atLeast: "100ms", atMost: "10m" }).prefault("4s").describe("how long the link stays slow"),
  latency: duration({ atMost: "10s" }).prefault("200ms").describe("delay of every chunk, in each direction"),
  jitter: duration({ atMost: "10s" }).prefault("50ms").describe("most that the delay differs from this, up or down"),
  watch: duration({ atMost: "1h" }).prefault("2s").describe("how long the fleet is watched afterwards"),
});

export const slowLink = defineDisruption({
  id: "slow-link",
  title: "Delay everything between the devices and the broker",
  explains: `Delays every chunk and datagram in both directions by 200 ms, give or take up to 50 ms, for 4 s. Order is kept and nothing is lost,
as on a slow mobile link. Devices are expected to stay connected. The link is a proxy of seatrial between fleet and target;
attacks do not go through it.`,
  needs: ["slowLink"],
  parameters,
  severs: false,
  lastsMs: ({ lasts }) => lasts,
  watchMs: ({ watch }) => watch,
  impose: (_bench, can, { latency, jitter }) => can.slowLink({ latencyMs: latency, jitterMs: jitter }),
});
