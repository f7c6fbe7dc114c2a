import { z } from "zod";
import type { JsonObject } from "#contract/observation.ts";
import type { Expectation } from "#contract/record.ts";
import type { Scenario, Stage } from "#contract/scenario.ts";
import type { Target } from "#contract/target.ts";
import { lacking } from "./abilities.ts";
import { unitOf } from "./expectation-list.ts";
import { durationOf, stageDurationOf } from "./plan-duration.ts";

/** The plan in plain lines, for `--dry-run`: what would be started, sent, at what rate, for how long and against whom. */
export function describePlan(scenario: Scenario): readonly string[] {
  const { id, title, target, fleets, stages, expects } = scenario;
  const devices = fleets.reduce((sum, { size }) => sum + size, 0);
  const count = (what: (stage: Stage) => readonly unknown[]) =>
    stages.reduce((sum, stage) => sum + what(stage).length, 0);
  const attacks = count((stage) => stage.attacks);
  const disruptions = count((stage) => stage.disruptions);
  const loads = count((stage) => stage.loads ?? []);
  return [
    `${id}: ${title}`,
    `  target   ${target.id} (${target.title})${configured(scenario)}`,
    ...fleets.map(({ device, size, posture }) => `  fleet    ${size} × ${device.id}${listed(posture)}`),
    ...stages.flatMap((stage) => describeStage(stage, target)),
    ...expects.map((expectation) => `  expects  ${describeExpectation(expectation)}`),
    `  in all   ${plural(devices, "device")}, ${plural(attacks, "attack")}, ${plural(disruptions, "disruption")}${loads > 0 ? `, ${plural(loads, "load")}` : ""}, at most ${time(durationOf(scenario))}`,
    "  scope    loopback, and nothing else unless --scope names it",
  ];
}

/** Posture and knobs; a target given by URL is taken as it is. */
function configured({ target, posture, knobs }: Scenario): string {
  return target.id.includes("://") ? "" : `, ${posture}${listed(knobs)}`;
}

function describeStage(stage: Stage, target: Target): readonly string[] {
  const { name, lastsMs, together, attacks, disruptions, loads = [], afterMs = 0 } = stage;
  const long = lastsMs === undefined ? `at most ${time(stageDurationOf(stage))}` : time(lastsMs);
  const how = together && attacks.length > 1 ? ", attacks side by side" : "";
  return [
    `  stage    ${name}, ${long}${how}`,
    ...loads.map(({ load, parameters }) => {
      const given = spoken(parameters, load.parameters);
      return `    loads   ${load.id}${listed(given)}: ${load.clients(parameters)} clients for ${time(load.lastsMs(parameters))}`;
    }),
    ...(afterMs > 0 ? [`    after   ${time(afterMs)} of load alone`] : []),
    ...disruptions.map(({ disruption, parameters }) => {
      const given = spoken(parameters, disruption.parameters);
      const watch = `${time(disruption.lastsMs(parameters))}, then watched for ${time(disruption.watchMs(parameters))}`;
      const able = lacking(disruption, target).length === 0;
      return `    befalls ${disruption.id}${listed(given)}: ${able ? watch : "skipped, as the target cannot undergo it"}`;
    }),
    ...attacks.map(({ attack, parameters }) => {
      const given = spoken(parameters, attack.parameters);
      return `    attacks ${attack.id}${listed(given)}: at most ${time(attack.atMostMs(parameters))}`;
    }),
  ];
}

/** Parameters as a user writes them: a duration, which is recorded in milliseconds, gets its unit back. */
function spoken(parameters: JsonObject, schema: z.ZodObject): JsonObject {
  const written: { readonly [key: string]: z.ZodType } = schema.shape;
  return Object.fromEntries(
    Object.entries(parameters).map(([key, value]) => {
      const isDuration = typeof value === "number" && written[key] !== undefined && takesText(written[key]);
      return [key, isDuration ? time(value) : value];
    }),
  );
}

function takesText(schema: z.ZodType): boolean {
  return z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }).type === "string";
}

function listed(values: JsonObject): string {
  const pairs = Object.entries(values).map(
    ([name, value]) => `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  return pairs.length === 0 ? "" : ` (${pairs.join(", ")})`;
}

function describeExpectation({ metric, atMost, atLeast }: Expectation): string {
  const say = (value: number) => (unitOf(metric) === "ms" ? time(value) : `${Number((value * 100).toFixed(3))}%`);
  const bounds = [
    ...(atMost === undefined ? [] : [`at most ${say(atMost)}`]),
    ...(atLeast === undefined ? [] : [`at least ${say(atLeast)}`]),
  ];
  return `${metric} ${bounds.join(", ")}`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** `450ms`, `2.5s`, `3m 20s`. */
function time(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)}ms`;
  if (ms < 120_000) return `${Number((ms / 1_000).toFixed(1))}s`;
  const seconds = Math.round(ms / 1_000) % 60;
  return `${Math.floor(Math.round(ms / 1_000) / 60)}m${seconds > 0 ? ` ${seconds}s` : ""}`;
}
