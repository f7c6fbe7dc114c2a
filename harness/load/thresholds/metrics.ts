/** How k6 sums up a metric, and so what may be asked of it. */
export type MetricType = "counter" | "gauge" | "rate" | "trend";

/** A metric and its type. */
export interface Metric {
  readonly type: MetricType;
  /** What one sample is. */
  readonly says: string;
}

const trend = (says: string): Metric => ({ type: "trend", says });
const rate = (says: string): Metric => ({ type: "rate", says });
const counter = (says: string): Metric => ({ type: "counter", says });
const gauge = (says: string): Metric => ({ type: "gauge", says });

/** What every load measures. */
const always = {
  mqtt_connect_ms: trend("milliseconds from CONNECT to a CONNACK that accepts"),
  mqtt_connect_ok: rate("1 for a connection that was accepted, 0 for one that was not"),
  mqtt_cut: counter("connections that ended and that nobody here ended"),
  load_late_ms: trend("milliseconds by which work began later than planned"),
  checks: rate("1 for a check that held, 0 for one that did not"),
  dropped_iterations: counter("iterations that the generator could not start in time"),
  iterations: counter("iterations that ended"),
  iteration_duration: trend("milliseconds from start to end of an iteration"),
  vus: gauge("virtual users at work"),
  ws_connecting: trend("milliseconds until a WebSocket stands"),
  ws_sessions: counter("WebSocket connections"),
  data_sent: counter("bytes sent"),
  data_received: counter("bytes received"),
} satisfies { readonly [name: string]: Metric };

const publishing = {
  mqtt_publish_ms: trend("milliseconds from PUBLISH to PUBACK, at QoS 1"),
  mqtt_publish_ok: rate("1 for a PUBLISH that was acknowledged (at QoS 0: sent), 0 for one that was not"),
  mqtt_published: counter("PUBLISH packets sent"),
  mqtt_withheld: counter("messages that were due while there was no connection"),
} satisfies { readonly [name: string]: Metric };

const receiving = {
  mqtt_deliver_ok: rate("1 for a message that arrived, 0 for one that is missing"),
  mqtt_received: counter("PUBLISH packets received"),
  mqtt_missing: counter("messages that were sent and did not arrive, at least"),
  mqtt_duplicates: counter("messages that arrived again"),
} satisfies { readonly [name: string]: Metric };

const inTime = {
  mqtt_deliver_ms: trend("milliseconds from the sending of a message to its arrival"),
} satisfies { readonly [name: string]: Metric };

const resuming = {
  mqtt_resume_ms: trend("milliseconds from CONNECT to a CONNACK that says: session present"),
  mqtt_resume_ok: rate("1 for a client that found its session again, 0 for one that did not"),
} satisfies { readonly [name: string]: Metric };

/** Names of metrics and what they are. */
export interface Metrics {
  readonly [name: string]: Metric;
}

/** What each load measures; a threshold on anything else could match nothing. */
export const metricsOf = {
  connectStorm: always,
  publishFanIn: { ...always, ...publishing },
  subscribeFanOut: { ...always, ...publishing, ...receiving, ...inTime },
  sessionResume: { ...always, ...publishing, ...receiving, ...resuming },
} satisfies { readonly [load: string]: Metrics };
