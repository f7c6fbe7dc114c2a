import { join } from "node:path";
import type { Catalogue } from "#contract/catalogue.ts";
import { LabError } from "#contract/errors.ts";
import type { Report } from "#contract/report.ts";
import { judge } from "#reports/judge/judge.ts";
import { readRun } from "#store/read-run.ts";
import { cannotWrite, writeWhole } from "#store/run-directory.ts";

/** A format that a renderer of the catalogue makes. */
export type Format = string;

/** What a report is written in where nothing else is asked for. */
export const defaultFormats: readonly Format[] = ["html", "json", "md", "junit"];

/** Reads `html,md` and refuses what no renderer makes. */
export function formatsOf(text: string, catalogue: Catalogue): readonly Format[] {
  const formats = text.split(",").map((format) => format.trim());
  const unknown = formats.filter((format) => !catalogue.renderers.has(format));
  if (unknown.length === 0) return formats;
  throw new LabError(
    "E_USAGE",
    `--format: there is no format "${unknown.join('", "')}"`,
    `Choose among ${[...catalogue.renderers.keys()].join(", ")}, separated by commas.`,
  );
}

/** Judges a stored run and writes its report beside it. Reads only the run's own files, so it can be done anywhere. */
export function writeReport(
  directory: string,
  catalogue: Catalogue,
  formats: readonly Format[],
): { readonly report: Report; readonly files: readonly string[] } {
  const { record, historyDigest } = readRun(directory);
  const report = judge(record, catalogue.checks, { historyDigest });
  const artefacts = formats.flatMap((format) => catalogue.renderers.get(format)?.render(report) ?? []);
  try {
    for (const { path, content } of artefacts) writeWhole(join(directory, path), content);
  } catch (cause) {
    throw cannotWrite(directory, cause);
  }
  return { report, files: artefacts.map(({ path }) => path) };
}
