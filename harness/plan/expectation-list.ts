import { z } from "zod";
import { millisecondsOf } from "#contract/parameters.ts";
import type { Expectation } from "#contract/record.ts";
import type { Scenario } from "#contract/scenario.ts";
import { lacking } from "./abilities.ts";
import type { Path, PlanDocument } from "./document.ts";
import { readFields } from "./fields.ts";
import { suggestion } from "./suggestion.ts";

const bound = z.union([z.string(), z.number()], {
  error: "must be a number, a duration such as 12s or a share such as 1%",
});

/** Keys of one expectation. */
export const expectationShape = {
  metric: z.string().describe("What is measured, for example recovery.t90 or telemetry.lost"),
  atMost: bound.optional().describe("Most that it may be: 12s for times, 1% or 0.01 for shares"),
  atLeast: bound.optional().describe("Least that it may be: 12s for times, 1% or 0.01 for shares"),
};

/** What an expectation can be held against. */
export type Measured = Pick<Scenario, "fleets" | "stages" | "target">;

/** Reads the key `expects`; a threshold that nothing in the plan can reach is a problem. */
export function readExpectations(
  document: PlanDocument,
  metrics: readonly string[],
  measured: Measured | undefined,
): readonly Expectation[] {
  const listed = document.at(["expects"]);
  if (!Array.isArray(listed)) return [];
  return listed.flatMap((_, index) => readExpectation(document, ["expects", index], metrics, measured) ?? []);
}

function readExpectation(
  document: PlanDocument,
  path: Path,
  metrics: readonly string[],
  measured: Measured | undefined,
): Expectation | undefined {
  const { metric } = readFields(document, path, expectationShape, "an expectation");
  if (metric === undefined) return undefined;
  const at = document.place([...path, "metric"]);
  if (!metrics.includes(metric)) {
    const says = `there is no metric "${metric}"${suggestion(metric, metrics)}`;
    document.problems.add(at, says, `Known: ${metrics.join(", ")}.`);
    return undefined;
  }
  if (document.at([...path, "atMost"]) === undefined && document.at([...path, "atLeast"]) === undefined) {
    document.problems.add(document.place(path), `say what is expected of ${metric}: "atMost", "atLeast" or both`);
  }
  const why = measured === undefined ? undefined : whyNeverMeasured(metric, measured);
  if (why !== undefined) document.problems.add(at, `${metric} can never be measured here: ${why}`);
  const atMost = readBound(document, [...path, "atMost"], metric);
  const atLeast = readBound(document, [...path, "atLeast"], metric);
  if (atMost !== undefined && atLeast !== undefined && atLeast > atMost) {
    document.problems.add(document.keyPlace([...path, "atLeast"]), `"atLeast" is above "atMost": nothing can be both`);
  }
  return { metric, ...(atMost !== undefined && { atMost }), ...(atLeast !== undefined && { atLeast }) };
}

/** A metric is one of a load or of the fleet; those of a recovery also need connections to be lost. */
function whyNeverMeasured(metric: string, { fleets, stages, target }: Measured): string | undefined {
  if (metric.startsWith("load.")) {
    return stages.some(({ loads = [] }) => loads.length > 0) ? undefined : "the plan has no load";
  }
  if (fleets.length === 0) return "the plan has no fleet";
  if (!metric.startsWith("recovery.")) return undefined;
  const severing = stages.flatMap(({ disruptions }) => disruptions).filter(({ disruption }) => disruption.severs);
  if (severing.length === 0) return "no disruption of the plan makes devices lose their connection";
  const able = severing.some(({ disruption }) => lacking(disruption, target).length === 0);
  return able ? undefined : `the target ${target.id} can undergo none of the disruptions that sever connections`;
}

/** The unit a metric is written in. */
export function unitOf(metric: string): "ms" | "share" {
  return /^(recovery\.t|load\.p)\d+$/.test(metric) ? "ms" : "share";
}

function readBound(document: PlanDocument, path: Path, metric: string): number | undefined {
  const given = document.at(path);
  if (typeof given !== "string" && typeof given !== "number") return undefined;
  const value = unitOf(metric) === "ms" ? timeOf(given) : shareOf(given);
  if (value !== undefined) return value;
  const example =
    unitOf(metric) === "ms" ? "a time; write for example 12s or 500ms" : "a share; write for example 1% or 0.01";
  document.problems.add(document.place(path), `${JSON.stringify(given)} is not ${example}`);
  return undefined;
}

function timeOf(given: string | number): number | undefined {
  // A bare number could be seconds or milliseconds; zero is the same in both.
  if (typeof given === "number") return given === 0 ? 0 : undefined;
  return millisecondsOf(given);
}

function shareOf(given: string | number): number | undefined {
  const percent = typeof given === "string" ? /^(\d+(?:\.\d+)?)\s?%$/.exec(given)?.[1] : undefined;
  const share = typeof given === "number" ? given : percent === undefined ? undefined : Number(percent) / 100;
  return share !== undefined && share >= 0 && share <= 1 ? share : undefined;
}
