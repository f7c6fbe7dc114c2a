import { notesOf } from "#contract/judging.ts";
import { memberOf, numberOf } from "./counters.ts";
import { loadMetrics } from "./load-metrics.ts";
import type { Measured, Measurement, Metric } from "./metric.ts";

/** Every metric by name. */
export const metricTable: ReadonlyMap<string, Metric> = new Map<string, Metric>([
  ["recovery.t50", recoveryMetric("half", "t50Ms")],
  ["recovery.t90", recoveryMetric("nine tenths", "t90Ms")],
  ["recovery.t99", recoveryMetric("99 in a hundred", "t99Ms")],
  [
    "recovery.peak",
    {
      says: "largest share of the fleet that tried to connect within one tenth of a second",
      unit: "share",
      measure: ({ recoveries }) => largest(recoveries.map(({ peakTenth }) => peakTenth)),
    },
  ],
  ["telemetry.lost", { says: "share of readings that never arrived", unit: "share", measure: lostTelemetry }],
  ["connected.lowest", lowest("lowest share of devices connected, once the fleet had settled", "connected")],
  [
    "functioning.lowest",
    lowest("lowest share of essential functions performed, once the fleet had settled", "functioning"),
  ],
  ...loadMetrics,
]);

/** Names that `expects` of a scenario may use. */
export const metrics: readonly string[] = [...metricTable.keys()];

/** The slowest recovery of the run counts. */
function recoveryMetric(share: string, member: "t50Ms" | "t90Ms" | "t99Ms"): Metric {
  return {
    says: `time after a severing disruption until ${share} of the fleet was back`,
    unit: "ms",
    measure: ({ recoveries }) => {
      const unseen = recoveries.filter((recovery) => recovery[member] === undefined);
      if (unseen.length > 0) return { longerThan: Math.max(...unseen.map(({ watchedMs }) => watchedMs)) };
      return largest(recoveries.flatMap((recovery) => recovery[member] ?? []));
    },
  };
}

function largest(values: readonly number[]): Measurement {
  return values.length === 0 ? undefined : { value: Math.max(...values) };
}

/** A reading is lost as the fleet's own account says; without a witness nobody knows what arrived, and nothing is said. */
function lostTelemetry({ history }: Measured): Measurement {
  const notes = notesOf(history, "fleet.telemetry");
  const read = (name: string) => notes.map(({ detail }) => numberOf(memberOf(detail, name)));
  const lost = read("lost");
  const produced = total(read("produced"));
  return produced <= 0 || lost.includes(undefined) ? undefined : { value: total(lost) / produced };
}

function total(values: readonly (number | undefined)[]): number {
  return values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
}

function lowest(says: string, member: "connected" | "functioning"): Metric {
  return {
    says,
    unit: "share",
    measure: ({ history, health }) => {
      const settledMs = notesOf(history, "fleet.settled")[0]?.atMs ?? 0;
      const points = health.filter(({ atMs }) => atMs >= settledMs);
      return points.length === 0 ? undefined : { value: Math.min(...points.map((point) => point[member])) };
    },
  };
}
