import type { Catalogue } from "#contract/catalogue.ts";
import type { Scenario } from "#contract/scenario.ts";
import { planAssessment } from "#plan/assessment.ts";
import { describePlan } from "#plan/describe-plan.ts";
import { readProduct } from "#plan/product-file.ts";
import { catalogueChecks } from "#reports/principles/principles.ts";
import { loadCatalogue } from "./catalogue.ts";
import { commandLine } from "./command-line.ts";
import { execute } from "./execute.ts";
import { exitCodeOf } from "./exit-code.ts";
import { expectKind } from "./expect-kind.ts";
import { interruption } from "./interruption.ts";
import { knobsOf, type RunOptions, readText, scopeOf, targetOf } from "./options.ts";
import { defaultFormats, formatsOf } from "./report-files.ts";
import { printReport } from "./summary.ts";
import type { Terminal } from "./terminal.ts";

/** `seatrial assess`: the only command whose report carries a score. */
export async function assess([file = ""]: readonly string[], options: RunOptions, terminal: Terminal): Promise<number> {
  const catalogue = await loadCatalogue();
  const formats = options.format === undefined ? defaultFormats : formatsOf(options.format, catalogue);
  const scope = scopeOf(options);
  const scenario = assessmentOf(file, options, catalogue);
  if (options.dryRun) {
    for (const line of describePlan(scenario)) terminal.result(line);
    return 0;
  }
  const { report, directory, files } = await execute(scenario, {
    catalogue,
    terminal,
    seed: options.seed,
    out: options.out,
    formats,
    command: commandLine("assess", file, options),
    signal: interruption(terminal),
    ...(scope && { scope }),
  });
  if (options.json) terminal.result(JSON.stringify(report));
  else printReport(report, directory, files, terminal);
  return exitCodeOf(report.verdict, options.failOn);
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
