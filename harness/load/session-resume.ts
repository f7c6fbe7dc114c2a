import { z } from "zod";
import { defineLoad } from "#contract/load.ts";
import { count, duration } from "#contract/parameters.ts";
import { applyWithK6 } from "./k6/apply-with-k6.ts";
import { durationOf, gracefulMs } from "./k6/job.ts";
import type { ResumeSettings } from "./scripts/resume-settings.ts";
import { metricsOf } from "./thresholds/metrics.ts";
import { thresholds } from "./thresholds/thresholds.ts";

/** From the last departure until the first message, and from the last message until the first return. */
const restsMs = 1_500;
/** What the last messages are given to arrive after the last client is back. */
const arrivesWithinMs = 5_000;

/** Clients go away and find their sessions again. */
export const sessionResume = defineLoad({
  id: "mqtt.session-resume",
  title: "Clients go away, are written to, and return to their sessions",
  speaks: "mqtt",
  explains: `Every client connects over WebSocket without a clean session, subscribes to its own command topic at QoS 1 and
leaves. While all are away the operator publishes messages to each of them, rate a second all together. Then they return,
spread over returnsOver; 0s is all at once. Measured is the time from CONNECT to a CONNACK that says that the session is
present, and how many of the queued messages arrive, are missing or arrive twice; one more than messages tells each client
that it was the last. In the end every client discards its session, so that nothing of it stays at the broker.
Each client works once, so the executor is always per-vu-iterations. Brokers bound what they queue for one client (Mosquitto
keeps 1,000 unless told otherwise, a hardened one here 100).`,
  over: "ws",
  parameters: z.object({
    clients: count({ atLeast: 1, atMost: 2_000 }).default(50).describe("clients, each with one session"),
    messages: count({ atLeast: 1, atMost: 90 }).default(5).describe("messages to each client while it is away"),
    rate: z
      .number()
      .min(1)
      .max(1_000)
      .default(100)
      .describe("messages a second that the operator publishes, all clients together"),
    leavesOver: duration({ atMost: "5m" }).prefault("2s").describe("how long clients come in and leave"),
    returnsOver: duration({ atMost: "5m" }).prefault("1s").describe("how long clients return; 0s is all at once"),
    payloadBytes: count({ atLeast: 64, atMost: 8_192 }).default(128).describe("bytes of each payload"),
    thresholds: thresholds(metricsOf.sessionResume),
  }),
  clients: ({ clients }) => clients,
  lastsMs: (parameters) => timesOf(parameters).endMs,

  async apply(bench, seat, parameters) {
    const { clients, messages, rate, leavesOver, returnsOver, payloadBytes, thresholds: wanted } = parameters;
    const times = timesOf(parameters);
    const own: ResumeSettings = {
      clients,
      messages,
      everyMs: 1_000 / rate,
      payloadBytes,
      leavesOverMs: leavesOver,
      returnsOverMs: returnsOver,
      ...times,
    };
    const once = {
      executor: "per-vu-iterations",
      iterations: 1,
      maxDuration: durationOf(times.endMs + gracefulMs),
    } as const;
    await applyWithK6(bench, seat, {
      script: "session-resume",
      clients,
      needsOperator: true,
      lastsMs: times.endMs,
      perSecond: Math.ceil(Math.max(rate, returnsOver === 0 ? clients : (clients * 1_000) / returnsOver)),
      scenarios: {
        resume: { ...once, vus: clients, exec: "resume" },
        address: { ...once, vus: 1, exec: "address" },
      },
      thresholds: wanted,
      own: { ...own },
    });
  },
});

function timesOf(given: {
  readonly clients: number;
  readonly messages: number;
  readonly rate: number;
  readonly leavesOver: number;
  readonly returnsOver: number;
}): Pick<ResumeSettings, "fromMs" | "untilMs" | "returnMs" | "endMs"> {
  const everyMs = 1_000 / given.rate;
  const fromMs = given.leavesOver + restsMs;
  // Half a beat less, so that rounding adds no message.
  const untilMs = fromMs + (given.clients * given.messages - 0.5) * everyMs;
  const returnMs = Math.ceil(untilMs + (given.clients + 1) * everyMs + restsMs);
  return { fromMs, untilMs, returnMs, endMs: returnMs + given.returnsOver + arrivesWithinMs };
}
