import { z } from "zod";
import { defineLoad } from "#contract/load.ts";
import { count, duration } from "#contract/parameters.ts";
import { applyWithK6 } from "./k6/apply-with-k6.ts";
import { arriving } from "./k6/arriving.ts";
import { durationOf, gracefulMs } from "./k6/job.ts";
import type { FanOutSettings } from "./scripts/fan-out-settings.ts";
import { metricsOf } from "./thresholds/metrics.ts";
import { thresholds } from "./thresholds/thresholds.ts";

/** From the arrival of the last client until the first message. */
const settlesMs = 1_000;
/** What the last messages are given to arrive. */
const arrivesWithinMs = 3_000;

/** One writes, many hear it. */
export const subscribeFanOut = defineLoad({
  id: "mqtt.subscribe-fan-out",
  title: "The operator publishes, many clients receive",
  speaks: "mqtt",
  explains: `Every client connects over WebSocket and subscribes; once all are there the operator publishes rate messages a
second, all clients together. With to: each, which works on hardened brokers too, it addresses the command topic of one
client after the other, as each may hear its own topics only. With to: all, for brokers that let every client subscribe
to what it likes, it publishes to one topic that all have subscribed to, so that every message is delivered once for each.
Each message carries its number and the time it was sent, by one clock for sender and receivers. Measured is the time until
it arrived; gaps in the numbers are missing, repeated ones duplicates. In the end the operator tells each topic how many
there were; a client that does not even hear that misses one message at least.
Clients and operator whose connection is cut come back after a random part of a wait that doubles.`,
  over: "ws",
  parameters: z.object({
    clients: count({ atLeast: 1, atMost: 2_000 })
      .default(50)
      .describe("clients that receive, each with one connection"),
    executor: z
      .enum(["ramping-vus", "constant-vus"])
      .default("ramping-vus")
      .describe("whether clients come in one after the other, or all at once"),
    arrivesOver: duration({ atMost: "5m" }).prefault("2s").describe("how long clients come in"),
    to: z
      .enum(["each", "all"])
      .default("each")
      .describe("one message to each client on a topic of its own, or one to all on a topic that all share"),
    rate: z.number().min(0.1).max(1_000).default(50).describe("messages a second that the operator publishes"),
    lasts: duration({ atMost: "1h", atLeast: "1s" })
      .prefault("15s")
      .describe("how long it publishes once all are there"),
    qos: z.literal([0, 1]).default(1).describe("quality of service of each PUBLISH"),
    payloadBytes: count({ atLeast: 64, atMost: 8_192 }).default(128).describe("bytes of each payload"),
    thresholds: thresholds(metricsOf.subscribeFanOut),
  }),
  clients: ({ clients }) => clients,
  lastsMs: (parameters) => timesOf(parameters).endMs,

  async apply(bench, seat, parameters) {
    const { clients, to, rate, qos, payloadBytes, thresholds: wanted } = parameters;
    const { overMs, scenario } = arriving(parameters);
    const times = timesOf(parameters);
    const own: FanOutSettings = {
      qos,
      everyMs: 1_000 / rate,
      payloadBytes,
      arrivesOverMs: overMs,
      clients,
      ...(to === "all" && { sharedTopic: `seatrial/${bench.runId}/all` }),
      ...times,
    };
    await applyWithK6(bench, seat, {
      script: "subscribe-fan-out",
      clients,
      needsOperator: true,
      lastsMs: times.endMs,
      perSecond: Math.ceil(to === "all" ? rate * clients : rate),
      scenarios: {
        subscribe: scenario("subscribe", times.untilMs),
        address: {
          executor: "per-vu-iterations",
          vus: 1,
          iterations: 1,
          maxDuration: durationOf(times.endMs + gracefulMs),
          exec: "address",
        },
      },
      thresholds: wanted,
      own: { ...own },
    });
  },
});

function timesOf(given: {
  readonly clients: number;
  readonly executor: "ramping-vus" | "constant-vus";
  readonly arrivesOver: number;
  readonly to: "each" | "all";
  readonly rate: number;
  readonly lasts: number;
}): Pick<FanOutSettings, "fromMs" | "untilMs" | "endMs"> {
  const fromMs = arriving(given).overMs + settlesMs;
  const untilMs = fromMs + given.lasts;
  const lastMessages = given.to === "all" ? 1 : given.clients;
  return { fromMs, untilMs, endMs: Math.ceil(untilMs + (lastMessages * 1_000) / given.rate + arrivesWithinMs) };
}
