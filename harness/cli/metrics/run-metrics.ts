import type { Histogram } from "#contract/latency.ts";
import type { Json, Observation } from "#contract/observation.ts";
import { memberOf, numberOf } from "#reports/judge/counters.ts";
import { LatencyText } from "./latency-text.ts";
import { type MetricFamilies, metricFamilies } from "./metric-families.ts";

/** What a run is told apart by. */
export interface FollowedRun {
  readonly scenario: string;
  readonly seed: string;
  /** Of seatrial. */
  readonly version: string;
}

/** Counts what happens in the runs of one command. */
export interface RunMetrics {
  /** Begins a run; give the result every observation of it. The second run of a scenario is called `<scenario>#2`. */
  follow(run: FollowedRun): (seen: Observation) => void;
  /** Everything so far, in the text format of Prometheus. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** Metrics of a command that is about to begin; pure, they change by what they are given alone. */
export function metricsOf(): RunMetrics {
  const families = metricFamilies();
  const latency = new LatencyText();
  const times = new Map<string, number>();
  return {
    follow({ scenario, seed, version }) {
      const time = (times.get(scenario) ?? 0) + 1;
      times.set(scenario, time);
      const run = time === 1 ? scenario : `${scenario}#${time}`;
      families.run.set({ run, scenario, seed, version }, 1);
      return follower(run, families, latency);
    },
    text: async () => `${await families.registry.metrics()}\n${latency.text()}`,
    contentType: families.registry.contentType,
  };
}

const beats = new Set(["control", "launch", "recovery"]);
const outcomes: readonly string[] = ["ok", "failed"];

/** Takes the observations of one run. Reads what it knows and leaves out the rest, so that new actions do no harm. */
function follower(run: string, families: MetricFamilies, latency: LatencyText): (seen: Observation) => void {
  /** Stages by the number of the attempt that began them. */
  const stages = new Map<number, string>();

  const takeFleet = (fleet: string, detail: Json) => {
    for (const [member, gauge] of families.fleetNow) set(gauge, { run, fleet }, memberOf(detail, member));
    for (const [member, counter] of families.fleetTotals) increase(counter, { run, fleet }, memberOf(detail, member));
  };

  const takeLoad = (load: string, detail: Json) => {
    set(families.clients, { run, load }, memberOf(detail, "clients"));
    set(families.generatorCores, { run, load }, memberOf(detail, "cores"));
    increase(families.dropped, { run, load }, memberOf(detail, "dropped"));
    for (const [operation, counts] of members(memberOf(detail, "operations"))) {
      for (const outcome of outcomes) {
        increase(families.operations, { run, load, operation, outcome }, memberOf(counts, outcome));
      }
      latency.add({ run, load, operation }, histogramIn(memberOf(counts, "ms")));
    }
  };

  const takeNote = (kind: string, name: string, { action, detail = null }: Observation) => {
    if (action === "fleet.counters") takeFleet(name, detail);
    else if (action === "fleet.telemetry") {
      for (const [fate, count] of members(detail)) set(families.telemetry, { run, fleet: name, fate }, count);
    } else if (action === "load.second") takeLoad(name, detail);
    else if (action === "resources") {
      for (const [member, gauge] of families.resources) set(gauge, { run, target: name }, memberOf(detail, member));
    } else if (action === "imposed") families.disruptions.set({ run, disruption: name }, 1);
    else if (kind === "target" && action === "started") families.target.set({ run, target: name, ...facts(detail) }, 1);
  };

  const takeStage = ({ seq, phase, attempt = -1, detail }: Observation) => {
    if (phase === "attempt") stages.set(seq, textIn(detail, "stage"));
    const stage = stages.get(phase === "attempt" ? seq : attempt);
    if (stage !== undefined) families.stage.set({ run, stage }, phase === "attempt" ? 1 : 0);
  };

  const takeEnd = (kind: string, name: string, { action, phase }: Observation) => {
    if (kind === "attack" && beats.has(action)) {
      families.beats.inc({ run, attack: name, beat: action === "launch" ? "attack" : action, outcome: phase });
    } else if (kind === "disruption" && action === "lift") families.disruptions.set({ run, disruption: name }, 0);
  };

  return (seen) => {
    const kind = seen.actor.slice(0, seen.actor.indexOf(":"));
    const name = seen.actor.slice(kind.length + 1);
    families.runSeconds.set({ run }, seen.atMs / 1_000);
    families.observations.inc({ run, by: kind });
    if (seen.action === "stage") takeStage(seen);
    else if (seen.phase === "noted") takeNote(kind, name, seen);
    else if (seen.phase !== "attempt") takeEnd(kind, name, seen);
  };
}

type Labels = Readonly<Record<string, string>>;

function set(gauge: { set(labels: Labels, to: number): void }, labels: Labels, to: Json | undefined): void {
  const number = numberOf(to);
  if (number !== undefined) gauge.set(labels, number);
}

/** A counter never goes down, so what is negative is left out. */
function increase(counter: { inc(labels: Labels, by: number): void }, labels: Labels, by: Json | undefined): void {
  const number = numberOf(by);
  if (number !== undefined && number >= 0) counter.inc(labels, number);
}

function facts(detail: Json) {
  return {
    product: textIn(detail, "product"),
    fidelity: textIn(detail, "fidelity"),
    posture: textIn(detail, "posture"),
  };
}

function textIn(detail: Json | undefined, name: string): string {
  const value = memberOf(detail, name);
  return typeof value === "string" ? value : "";
}

function members(value: Json | undefined): readonly (readonly [string, Json])[] {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
}

function histogramIn(value: Json | undefined): Histogram {
  if (!Array.isArray(value)) return [];
  return value.flatMap((pair: Json) => {
    if (!Array.isArray(pair)) return [];
    const [bucket, count] = pair.map(numberOf);
    return bucket === undefined || count === undefined ? [] : [[bucket, count] as const];
  });
}
