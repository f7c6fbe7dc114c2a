import { together } from "#contract/judging.ts";
import type { Report } from "#contract/report.ts";
import { describePlan } from "#plan/describe-plan.ts";
import { readScenario } from "#plan/scenario-file.ts";
import { metrics } from "#reports/judge/metrics.ts";
import { loadCatalogue } from "./catalogue.ts";
import { commandLine } from "./command-line.ts";
import { execute } from "./execute.ts";
import { exitCodeOf } from "./exit-code.ts";
import { expectKind } from "./expect-kind.ts";
import { interruption } from "./interruption.ts";
import { knobsOf, type RunOptions, readText, scopeOf, targetOf } from "./options.ts";
import { defaultFormats, formatsOf } from "./report-files.ts";
import { scenarioFilesOf } from "./scenario-files.ts";
import { printReport } from "./summary.ts";
import type { Terminal } from "./terminal.ts";

/** `seatrial run`: every plan is checked before the first one starts. */
export async function runScenarios(words: readonly string[], options: RunOptions, terminal: Terminal): Promise<number> {
  const catalogue = await loadCatalogue();
  const formats = options.format === undefined ? defaultFormats : formatsOf(options.format, catalogue);
  const scope = scopeOf(options);
  const target = targetOf(options, catalogue);
  const plans = words.flatMap(scenarioFilesOf).map((file) => ({
    file,
    scenario: readScenario(scenarioText(file), catalogue, {
      metrics,
      only: options.only,
      skip: options.skip,
      knobs: knobsOf(options),
      ...(target && { target }),
      ...(options.posture && { posture: options.posture }),
    }),
  }));
  if (options.dryRun) {
    for (const { scenario } of plans) for (const line of describePlan(scenario)) terminal.result(line);
    return 0;
  }
  const signal = interruption(terminal);
  const reports: Report[] = [];
  for (const { file, scenario } of plans) {
    const command = commandLine("run", file, options);
    const { seed, out } = options;
    const executed = await execute(scenario, {
      catalogue,
      terminal,
      seed,
      out,
      formats,
      command,
      signal,
      ...(scope && { scope }),
    });
    reports.push(executed.report);
    if (options.json) terminal.result(JSON.stringify(executed.report));
    else printReport(executed.report, executed.directory, executed.files, terminal);
  }
  return exitCodeOf(together(reports.map(({ verdict }) => verdict)), options.failOn);
}

function scenarioText(file: string) {
  const source = readText(file);
  expectKind(source, "scenario");
  return source;
}
