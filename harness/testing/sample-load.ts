import type { RunHeader, RunRecord } from "#contract/record.ts";
import { attackLines, countOfOperation, keptUp, linked, loadLines } from "./load-lines.ts";
import { historyOf, type Line, recordOf } from "./record.ts";

const fanIn = "mqtt.publish-fan-in";
const storm = "mqtt.connect-storm";
const resume = "mqtt.session-resume";

const calm = { connect: countOfOperation(2, 0, 3), publish: countOfOperation(50, 0, 5) };
const harmed = { connect: countOfOperation(1, 1, 40), publish: countOfOperation(30, 20, 60) };

const count = (quantity: string, generator: number, lab: number, target: number, says: string) => ({
  action: "load.counted",
  detail: { quantity, generator, lab, target, agree: generator === lab, says },
});

const threshold = (metric: string, expression: string, held: boolean, measured: string) => ({
  action: "load.threshold",
  detail: { metric, expression, held, measured },
});

/**
 * A run with three loads, as an engine would have written it: messages beside an attack that harms them, connections by
 * a generator that was the bottleneck, and one that was skipped; and what the target used meanwhile.
 */
export function sampleLoadRun(changes: Partial<RunHeader> = {}): RunRecord {
  const skipped: Line & { readonly atMs: number } = {
    actor: `load:${resume}`,
    action: "load.skipped",
    phase: "noted",
    detail: { because: "k6 is not installed", bring: "npm run setup:k6" },
    atMs: 30_000,
  };
  const resources = Array.from({ length: 30 }, (_, second): Line & { readonly atMs: number } => ({
    actor: "target:container:mosquitto",
    action: "resources",
    phase: "noted",
    detail: { cores: second < 10 ? 0.25 : 0.75, memoryBytes: 8_000_000 + second * 100_000, openFiles: 20 + second },
    atMs: second * 1_000,
  }));
  const lines = [
    ...loadLines({
      seconds: [...repeated(5, calm), ...repeated(5, harmed), ...repeated(5, calm)],
      notes: [
        threshold("mqtt_publish_ms", "p(95)<300", true, "p(95) = 61"),
        threshold("mqtt_publish_ok", "rate>0.99", false, "rate = 0.87"),
        count("connections", 25, 25, 25, "Generator, lab and target counted 25 accepted connections."),
        count("published", 650, 700, 700, "The generator is alone with less: it stopped before the last second."),
        { action: "load.dashboard", detail: { path: `evidence/${fanIn}/k6-dashboard.html` } },
      ],
    }),
    ...attackLines("attack:mqtt.malformed-packets", 5_000, 10_000),
    ...loadLines({
      actor: `load:${storm}`,
      fromMs: 20_000,
      seconds: repeated(5, { connect: countOfOperation(90, 0, 80) }),
      generator: {
        ...keptUp,
        healthy: false,
        because: "The generator did not keep its plan: it used 2 of 2 processor cores.",
        dropped: 400,
      },
      notes: [threshold("mqtt_connect_ms", "p(95)<300", true, "p(95) = 80")],
    }),
    skipped,
    ...resources,
  ];
  return recordOf(historyOf(linked(lines)), {
    id: "2026-01-01-load",
    scenario: { id: "honest-load", title: "Honest clients while malformed packets arrive" },
    target: { id: "container:mosquitto", product: "mosquitto 2.0.11", fidelity: "simulated", posture: "hardened" },
    stages: [
      {
        name: "load",
        attacks: [{ id: "mqtt.malformed-packets", parameters: {} }],
        disruptions: [],
        loads: [
          { id: fanIn, parameters: { thresholds: { mqtt_publish_ms: ["p(95)<300"], mqtt_publish_ok: ["rate>0.99"] } } },
          { id: storm, parameters: { thresholds: { mqtt_connect_ms: ["p(95)<300"] } } },
          { id: resume, parameters: { thresholds: { mqtt_resume_ok: ["rate>0.99"] } } },
        ],
      },
    ],
    expects: [{ metric: "load.availability", atLeast: 0.99 }],
    command: "seatrial run honest-load --seed 1",
    ...changes,
  });
}

function repeated<T>(times: number, value: T): readonly T[] {
  return Array.from({ length: times }, () => value);
}
