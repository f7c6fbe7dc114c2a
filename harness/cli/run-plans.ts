import type { Catalogue } from "#contract/catalogue.ts";
import { LabError } from "#contract/errors.ts";
import { together } from "#contract/judging.ts";
import type { Report } from "#contract/report.ts";
import type { Scenario } from "#contract/scenario.ts";
import { commandLine } from "./command-line.ts";
import { type Compared, type LeftOut, writeComparison } from "./comparison-files.ts";
import { type Executed, execute } from "./execute.ts";
import { exitCodeOf } from "./exit-code.ts";
import { interruption } from "./interruption.ts";
import { serveMetrics } from "./metrics/serve-metrics.ts";
import { type RunOptions, scopeOf } from "./options.ts";
import { defaultFormats, formatsOf } from "./report-files.ts";
import { printReport } from "./summary.ts";
import type { Terminal } from "./terminal.ts";
import { version } from "./version.ts";

/** A plan that has been checked, with the options that its target is run with. */
export interface Planned {
  readonly command: "run" | "assess" | "replay";
  readonly file: string;
  readonly scenario: Scenario;
  readonly options: RunOptions;
}

/** Errors of one target among several: it cannot be started here, which says nothing about the others. */
const ofTheTarget: ReadonlySet<string> = new Set([
  "E_PROGRAM_MISSING",
  "E_DOCKER",
  "E_IMAGE",
  "E_TARGET_START",
  "E_TARGET_UNREACHABLE",
  "E_PORT_TAKEN",
  "E_CAPABILITY_MISSING",
]);

/**
 * Runs plans one after the other, judges them and writes their reports. Where one file runs on several targets, a
 * target that cannot be started is left out with its reason, and a comparison is written at the end.
 */
export async function runPlans(
  plans: readonly Planned[],
  catalogue: Catalogue,
  options: RunOptions,
  terminal: Terminal,
): Promise<number> {
  const formats = options.format === undefined ? defaultFormats : formatsOf(options.format, catalogue);
  const scope = scopeOf(options);
  const signal = interruption(terminal);
  await using metrics = options.metrics === undefined ? undefined : await serveMetrics(options.metrics);
  if (metrics !== undefined) terminal.line(`metrics at ${metrics.url}`);
  const reports: Report[] = [];
  for (const sameFile of Map.groupBy(plans, ({ file }) => file).values()) {
    const several = sameFile.length > 1;
    const compared: Compared[] = [];
    const leftOut: LeftOut[] = [];
    for (const { command, file, scenario, options: own } of sameFile) {
      if (several) terminal.line(terminal.paint("bold", `on ${scenario.target.id}`));
      let executed: Executed;
      try {
        executed = await execute(scenario, {
          catalogue,
          terminal,
          seed: own.seed,
          out: own.out,
          formats,
          command: commandLine(command, file, own),
          signal,
          ...(scope && { scope }),
          ...(metrics && { watch: metrics.follow({ scenario: scenario.id, seed: own.seed, version }) }),
        });
      } catch (error) {
        if (!several || !(error instanceof LabError) || !ofTheTarget.has(error.code)) throw error;
        leftOut.push({ target: scenario.target.id, because: error.message, hint: error.hint });
        terminal.line(`${scenario.target.id} is left out: ${error.message}. ${error.hint}`);
        continue;
      }
      reports.push(executed.report);
      compared.push(executed);
      if (options.json) terminal.result(JSON.stringify(executed.report));
      else printReport(executed.report, executed.directory, executed.files, terminal);
    }
    if (several) await writeComparison(compared, leftOut, options, terminal);
  }
  return exitCodeOf(together(reports.map(({ verdict }) => verdict)), options.failOn);
}
