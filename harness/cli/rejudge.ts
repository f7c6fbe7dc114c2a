import { loadCatalogue } from "./catalogue.ts";
import { exitCodeOf } from "./exit-code.ts";
import type { CommonOptions } from "./options.ts";
import { defaultFormats, formatsOf, writeReport } from "./report-files.ts";
import { printReport } from "./summary.ts";
import type { Terminal } from "./terminal.ts";

/** `seatrial report`: judges what was recorded, with the checks of this version; touches nothing but the run's folder. */
export async function rejudge(
  [directory = ""]: readonly string[],
  options: CommonOptions & { readonly format?: string },
  terminal: Terminal,
): Promise<number> {
  const catalogue = await loadCatalogue();
  const formats = options.format === undefined ? defaultFormats : formatsOf(options.format, catalogue);
  const { report, files } = writeReport(directory, catalogue, formats);
  if (options.json) terminal.result(JSON.stringify(report));
  else printReport(report, directory, files, terminal);
  return exitCodeOf(report.verdict, "fail");
}
