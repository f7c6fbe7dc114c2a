import { describePlan } from "#plan/describe-plan.ts";
import { readScenario } from "#plan/scenario-file.ts";
import { spokenProtocols } from "#plan/spoken-protocols.ts";
import { metrics } from "#reports/judge/metrics.ts";
import { loadCatalogue } from "./catalogue.ts";
import { optionsByTarget, targetOf } from "./choose-target.ts";
import { expectKind } from "./expect-kind.ts";
import { knobsOf, type RunOptions, readText } from "./options.ts";
import { type Planned, runPlans } from "./run-plans.ts";
import { scenarioFilesOf } from "./scenario-files.ts";
import type { Terminal } from "./terminal.ts";

/** `seatrial run`: every plan is checked before the first one starts. */
export async function runScenarios(words: readonly string[], options: RunOptions, terminal: Terminal): Promise<number> {
  const catalogue = await loadCatalogue();
  const plans = words.flatMap(scenarioFilesOf).flatMap((file) => {
    const spoken = () => spokenProtocols(readScenario(scenarioText(file), catalogue, { metrics }));
    return optionsByTarget(options, catalogue, spoken).map((own): Planned => {
      const target = targetOf(own, catalogue);
      const scenario = readScenario(scenarioText(file), catalogue, {
        metrics,
        only: own.only,
        skip: own.skip,
        knobs: knobsOf(own),
        ...(target && { target }),
        ...(own.posture && { posture: own.posture }),
      });
      return { command: "run", file, scenario, options: own };
    });
  });
  if (options.dryRun) {
    for (const { scenario } of plans) for (const line of describePlan(scenario)) terminal.result(line);
    return 0;
  }
  return runPlans(plans, catalogue, options, terminal);
}

function scenarioText(file: string) {
  const source = readText(file);
  expectKind(source, "scenario");
  return source;
}
