import type { Catalogue } from "#contract/catalogue.ts";
import type { Scenario } from "#contract/scenario.ts";
import { planAssessment } from "#plan/assessment.ts";
import { describePlan } from "#plan/describe-plan.ts";
import { readProduct } from "#plan/product-file.ts";
import { spokenProtocols } from "#plan/spoken-protocols.ts";
import { catalogueChecks } from "#reports/principles/principles.ts";
import { loadCatalogue } from "./catalogue.ts";
import { optionsByTarget, targetOf } from "./choose-target.ts";
import { expectKind } from "./expect-kind.ts";
import { knobsOf, type RunOptions, readText } from "./options.ts";
import { type Planned, runPlans } from "./run-plans.ts";
import type { Terminal } from "./terminal.ts";

/** `seatrial assess`: the only command whose report carries a score. */
export async function assess([file = ""]: readonly string[], options: RunOptions, terminal: Terminal): Promise<number> {
  const catalogue = await loadCatalogue();
  const { target: _, posture: __, identities: ___, ca: ____, ...asFiled } = options;
  // What is attacked follows the target, so only the devices say what it has to speak.
  const spoken = () => spokenProtocols({ fleets: assessmentOf(file, asFiled, catalogue).fleets, stages: [] });
  const plans = optionsByTarget(options, catalogue, spoken).map(
    (own): Planned => ({ command: "assess", file, scenario: assessmentOf(file, own, catalogue), options: own }),
  );
  if (options.dryRun) {
    for (const { scenario } of plans) for (const line of describePlan(scenario)) terminal.result(line);
    return 0;
  }
  return runPlans(plans, catalogue, options, terminal);
}

const checks = [...catalogueChecks.keys()];

/** The plan of an assessment, checked whole. */
export function assessmentOf(file: string, options: RunOptions, catalogue: Catalogue): Scenario {
  const target = targetOf(options, catalogue);
  const source = readText(file);
  expectKind(source, "product");
  return planAssessment(readProduct(source, catalogue, { checks, nowIso: new Date().toISOString() }), catalogue, {
    only: options.only,
    skip: options.skip,
    knobs: knobsOf(options),
    ...(target && { target }),
    ...(options.posture && { posture: options.posture }),
  });
}
