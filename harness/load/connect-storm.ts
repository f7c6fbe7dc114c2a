import type { Scenario } from "k6/options";
import { z } from "zod";
import { defineLoad } from "#contract/load.ts";
import { count, duration } from "#contract/parameters.ts";
import { applyWithK6 } from "./k6/apply-with-k6.ts";
import { durationOf, gracefulMs } from "./k6/job.ts";
import type { StormSettings } from "./scripts/connect-storm-settings.ts";
import { metricsOf } from "./thresholds/metrics.ts";
import { thresholds } from "./thresholds/thresholds.ts";

const arrivals = {
  "constant-arrival-rate": "constant",
  "ramping-arrival-rate": "ramping",
  "per-vu-iterations": "at-once",
} as const;

/** Clients come in, stay and leave, at a rate that does not wait for the broker. */
export const connectStorm = defineLoad({
  id: "mqtt.connect-storm",
  title: "Many clients connect, stay a while and leave",
  speaks: "mqtt",
  explains: `Clients of their own identities open WebSocket connections, send CONNECT with a clean session, stay connected
for as long as holds says, and leave with DISCONNECT. Each connects once and is not tried again.
constant-arrival-rate begins so many connections a second however slowly the broker answers; ramping-arrival-rate grows
evenly from none to that rate; per-vu-iterations lets every client connect once, all at the same moment.
Measured is the time from CONNECT to CONNACK, and how many were accepted.
What could not begin because every client was busy is a dropped iteration: the load was not the one that was asked for.`,
  over: "ws",
  parameters: z
    .object({
      clients: count({ atLeast: 1, atMost: 2_000 }).default(100).describe("clients, each with an identity of its own"),
      executor: z
        .enum(["constant-arrival-rate", "ramping-arrival-rate", "per-vu-iterations"])
        .default("constant-arrival-rate")
        .describe("how connections are begun, in k6's words"),
      rate: count({ atLeast: 1, atMost: 1_000 }).default(20).describe("new connections a second"),
      lasts: duration({ atMost: "10m", atLeast: "1s" }).prefault("10s").describe("how long new connections are begun"),
      holds: duration({ atMost: "5m" }).prefault("2s").describe("how long each connection is held"),
      thresholds: thresholds(metricsOf.connectStorm),
    })
    .superRefine(({ clients, executor, rate, holds }, context) => {
      const needed = Math.ceil((rate * holds) / 1_000);
      if (executor === "per-vu-iterations" || clients >= needed) return;
      const message = `is too few: ${rate} a second that stay ${holds} ms are ${needed} at once`;
      context.addIssue({ code: "custom", path: ["clients"], message });
    }),
  clients: ({ clients }) => clients,
  lastsMs,

  async apply(bench, seat, { clients, executor, rate, lasts, holds, thresholds: wanted }) {
    const gracefulStop = durationOf(holds + gracefulMs);
    const pool = { preAllocatedVUs: clients, maxVUs: clients, timeUnit: "1s", exec: "storm", gracefulStop };
    const scenarios: { readonly [name in typeof executor]: Scenario } = {
      "constant-arrival-rate": { executor: "constant-arrival-rate", ...pool, rate, duration: durationOf(lasts) },
      "ramping-arrival-rate": {
        executor: "ramping-arrival-rate",
        ...pool,
        startRate: 0,
        stages: [{ duration: durationOf(lasts), target: rate }],
      },
      "per-vu-iterations": {
        executor: "per-vu-iterations",
        vus: clients,
        iterations: 1,
        maxDuration: durationOf(holds + gracefulMs),
        exec: "storm",
      },
    };
    const own: StormSettings = { arrival: arrivals[executor], perSecond: rate, lastsMs: lasts, holdsMs: holds };
    await applyWithK6(bench, seat, {
      script: "connect-storm",
      clients,
      needsOperator: false,
      lastsMs: lastsMs({ executor, lasts, holds }),
      perSecond: executor === "per-vu-iterations" ? clients : rate,
      scenarios: { storm: scenarios[executor] },
      thresholds: wanted,
      own: { ...own },
    });
  },
});

function lastsMs(given: {
  readonly executor: keyof typeof arrivals;
  readonly lasts: number;
  readonly holds: number;
}): number {
  return given.executor === "per-vu-iterations" ? given.holds : given.lasts + given.holds;
}
