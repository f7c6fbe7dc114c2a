import type { Catalogue } from "#contract/catalogue.ts";
import { LabError } from "#contract/errors.ts";
import type { Scenario } from "#contract/scenario.ts";
import type { Protocol, Target } from "#contract/target.ts";
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
  const plans = words.flatMap((word) => plansFor(scenarioFilesOf(word), options, catalogue, terminal));
  if (options.dryRun) {
    for (const { scenario } of plans) for (const line of describePlan(scenario)) terminal.result(line);
    return 0;
  }
  return runPlans(plans, catalogue, options, terminal);
}

/**
 * The plans of the files that one word named. Of several files those are left out, with a word, which do not fit the
 * target or in which a filter selects nothing; where that leaves none, the reason of the first is an error.
 */
function plansFor(
  files: readonly string[],
  options: RunOptions,
  catalogue: Catalogue,
  terminal: Terminal,
): readonly Planned[] {
  const misfits: LabError[] = [];
  const plans = files.flatMap((file) => {
    const spoken = () => spokenProtocols(readScenario(scenarioText(file), catalogue, { metrics }));
    return optionsByTarget(options, catalogue, spoken).flatMap((own): readonly Planned[] => {
      const target = targetOf(own, catalogue);
      const strange =
        files.length === 1 || !target ? undefined : spoken().find((each) => !target.speaks.includes(each));
      try {
        if (strange !== undefined && target !== undefined) throw misfit(file, strange, target);
        return [{ command: "run", file, scenario: planned(file, own, target, catalogue), options: own }];
      } catch (error) {
        if (files.length === 1 || !(error instanceof LabError) || !leavesOut.has(error.code)) throw error;
        misfits.push(error);
        return [];
      }
    });
  });
  if (plans.length === 0 && misfits.length > 0) throw noneFits(misfits);
  for (const { message } of misfits) terminal.line(`left out: ${message}`);
  return plans;
}

/** One error that says why for each file; where the reason is the same for all, it is said once. */
function noneFits(misfits: readonly LabError[]): LabError {
  const [first] = misfits;
  if (first === undefined) throw new Error("files that were left out have no reason");
  const reasons = new Set(misfits.map(({ message }) => message));
  if (reasons.size === 1) return first;
  const hint = "Name one of the files instead of all of them, or correct the option.";
  return new LabError(first.code, [...reasons].join("\n"), hint);
}

/** What is wrong with the command line for one file may be right for another of the same folder. */
const leavesOut: ReadonlySet<string> = new Set(["E_USAGE", "E_CAPABILITY_MISSING"]);

function misfit(file: string, protocol: Protocol, target: Target): LabError {
  const says = `${file}: it speaks ${protocol}, which the target ${target.id} does not`;
  return new LabError("E_CAPABILITY_MISSING", says, "Choose another target, or join one by + (docs/targets.md).");
}

function planned(file: string, own: RunOptions, target: Target | undefined, catalogue: Catalogue): Scenario {
  return readScenario(scenarioText(file), catalogue, {
    metrics,
    only: own.only,
    skip: own.skip,
    knobs: knobsOf(own),
    ...(target && { target }),
    ...(own.posture && { posture: own.posture }),
  });
}

function scenarioText(file: string) {
  const source = readText(file);
  expectKind(source, "scenario");
  return source;
}
