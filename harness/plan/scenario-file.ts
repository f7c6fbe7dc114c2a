import { z } from "zod";
import type { Catalogue } from "#contract/catalogue.ts";
import type { Scenario, Stage } from "#contract/scenario.ts";
import { isOfTheLink } from "./abilities.ts";
import { type PlanDocument, readDocument, type Source } from "./document.ts";
import { readExpectations } from "./expectation-list.ts";
import { readFields } from "./fields.ts";
import { checkFleets, readFleets } from "./fleet-list.ts";
import { readStages } from "./stage-list.ts";
import { overridden, readTarget, type TargetOverride } from "./target-choice.ts";
import { filterStages, type UnitFilter } from "./unit-filter.ts";

/** What goes before the file, and what it is checked against. */
export interface ScenarioOptions extends TargetOverride, UnitFilter {
  /** Metrics that `expects` may name. */
  readonly metrics: readonly string[];
}

/** An id that can be part of a file name. */
export const planId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,59}$/, "must be made of lower-case letters, digits and hyphens, at most 60");

/** Keys of a scenario file. */
export const scenarioShape = {
  scenario: planId.describe("Id of the scenario"),
  title: z.string().min(1).max(200).describe("What happens in it, as a sentence"),
  target: z.unknown().optional().describe("What is put under test; the embedded broker where it is left out"),
  posture: z.enum(["weak", "hardened"]).default("hardened").describe("How a target that seatrial starts is configured"),
  fleets: z.array(z.unknown()).default([]).describe("Devices that run during the whole scenario"),
  stages: z.array(z.unknown()).min(1).describe("What happens, in order"),
  expects: z.array(z.unknown()).default([]).describe("Thresholds that the run must keep"),
};

/**
 * Reads a scenario file into a whole plan: names become units of the catalogue, parameters are parsed.
 * Throws E_PLAN with everything that is wrong in the file, each with line and column, and E_USAGE for a filter or a
 * knob of the command line that fits nothing. Nothing is started.
 */
export function readScenario(source: Source, catalogue: Catalogue, options: ScenarioOptions): Scenario {
  const document = readDocument(source);
  const { scenario: id = "", title = "", posture = "hardened" } = readFields(document, [], scenarioShape, "a scenario");
  const own = readTarget(document, catalogue);
  const target = options.target ?? own?.target;
  const fleets = readFleets(document, "fleets", catalogue);
  const stages = readStages(document, catalogue, target);
  if (target !== undefined) checkFleets(document, "fleets", fleets, target, mostClients(document, stages));
  checkLink(document, { fleets, stages });
  const expects = readExpectations(document, options.metrics, target && { fleets, stages, target });
  document.problems.throwIfAny();
  if (own === undefined) throw new Error("a target that could not be read left no problem behind");
  return {
    id,
    title,
    posture: options.posture ?? posture,
    ...overridden(own, options),
    fleets,
    stages: filterStages(stages, options, catalogue),
    expects,
  };
}

/** Clients of the loads of one stage, where it has most; those of another stage take the same identities again. */
function mostClients({ problems }: PlanDocument, stages: readonly Stage[]): number {
  // Where something is wrong already, parameters may be missing.
  if (problems.count > 0) return 0;
  const clients = stages.map(({ loads = [] }) =>
    loads.reduce((sum, { load, parameters }) => sum + load.clients(parameters), 0),
  );
  return Math.max(0, ...clients);
}

/** Only the fleet goes through the link, so without one a disruption of the link would befall nobody. */
function checkLink(document: PlanDocument, { fleets, stages }: Pick<Scenario, "fleets" | "stages">): void {
  const listed = document.at(["fleets"]);
  if (fleets.length > 0 || (Array.isArray(listed) && listed.length > 0)) return;
  for (const [index, { disruptions }] of stages.entries()) {
    const idle = disruptions.find(({ disruption }) => isOfTheLink(disruption));
    if (idle === undefined) continue;
    const says = `${idle.disruption.id} works on the link of the fleet, and the plan has no fleet`;
    document.problems.add(document.keyPlace(["stages", index, "disruptions"]), says);
  }
}
