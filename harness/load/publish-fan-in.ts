import { z } from "zod";
import { defineLoad } from "#contract/load.ts";
import { count, duration } from "#contract/parameters.ts";
import { applyWithK6 } from "./k6/apply-with-k6.ts";
import { arriving } from "./k6/arriving.ts";
import type { FanInSettings } from "./scripts/fan-in-settings.ts";
import { metricsOf } from "./thresholds/metrics.ts";
import { thresholds } from "./thresholds/thresholds.ts";

/** Many devices report. */
export const publishFanIn = defineLoad({
  id: "mqtt.publish-fan-in",
  title: "Many clients publish, each to its own telemetry topic",
  speaks: "mqtt",
  explains: `Every client connects over WebSocket under an identity of its own and publishes to its own telemetry topic at
a rate of its own, rate messages a second each, not all at the same moment.
ramping-vus lets clients come in one after the other over arrivesOver; constant-vus lets all in at once.
A client whose connection is cut comes back as an honest one does: after a random part of a wait that doubles from 0.5 s to
8 s. What was due meanwhile is not sent later, but counted as withheld, and among those that failed: whoever wanted to
send it was not served.
Measured at QoS 1 is the time from PUBLISH to PUBACK; one that is not acknowledged failed. At QoS 0 nothing is acknowledged:
what was sent counts as ok, and has no time.`,
  over: "ws",
  parameters: z.object({
    clients: count({ atLeast: 1, atMost: 2_000 }).default(50).describe("clients, each with one connection"),
    executor: z
      .enum(["ramping-vus", "constant-vus"])
      .default("ramping-vus")
      .describe("whether clients come in one after the other, or all at once"),
    arrivesOver: duration({ atMost: "5m" }).prefault("2s").describe("how long clients come in"),
    rate: z.number().min(0.01).max(100).default(1).describe("messages a second of each client"),
    lasts: duration({ atMost: "1h", atLeast: "1s" })
      .prefault("15s")
      .describe("how long they publish once all are there"),
    qos: z.literal([0, 1]).default(1).describe("quality of service of each PUBLISH"),
    payloadBytes: count({ atLeast: 64, atMost: 8_192 }).default(128).describe("bytes of each payload"),
    thresholds: thresholds(metricsOf.publishFanIn),
  }),
  clients: ({ clients }) => clients,
  lastsMs: ({ lasts, ...given }) => arriving(given).overMs + lasts,

  async apply(bench, seat, parameters) {
    const { clients, rate, lasts, qos, payloadBytes, thresholds: wanted } = parameters;
    const { overMs, scenario } = arriving(parameters);
    const own: FanInSettings = {
      qos,
      everyMs: 1_000 / rate,
      payloadBytes,
      arrivesOverMs: overMs,
      clients,
      untilMs: overMs + lasts,
    };
    await applyWithK6(bench, seat, {
      script: "publish-fan-in",
      clients,
      needsOperator: false,
      lastsMs: overMs + lasts,
      perSecond: Math.ceil(clients * rate),
      scenarios: { publish: scenario("publish", overMs + lasts) },
      thresholds: wanted,
      own: { ...own },
    });
  },
});
