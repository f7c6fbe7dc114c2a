import { mkdirSync } from "node:fs";
import { join, relative } from "node:path";
import { LabError } from "#contract/errors.ts";
import { cannotWrite, writeWhole } from "#store/run-directory.ts";
import type { Executed } from "./execute.ts";
import type { RunOptions } from "./options.ts";
import type { Terminal } from "./terminal.ts";

/** A run that takes part in a comparison. */
export type Compared = Pick<Executed, "report" | "directory" | "files">;

/** A target that was asked for and could not be started. */
export interface LeftOut {
  readonly target: string;
  readonly because: string;
  readonly hint: string;
}

/** Writes the table of one plan on several targets beside the runs, and says where it is. */
export async function writeComparison(
  compared: readonly Compared[],
  leftOut: readonly LeftOut[],
  { out, json }: RunOptions,
  terminal: Terminal,
): Promise<void> {
  const { compare } = await import("#reports/compare/compare.ts");
  const { renderComparison } = await import("#reports/compare/render-comparison.ts");
  const [first] = compared;
  if (first === undefined) {
    const says = `none of the targets could be started: ${leftOut.map(({ target }) => target).join(", ")}`;
    throw new LabError("E_TARGET_START", says, leftOut[0]?.hint ?? "See the messages above.");
  }
  const directory = join(out, `comparison-${first.report.header.id}`);
  const entries = compared.map(({ report, directory: run, files }) => {
    const html = files.find((file) => file.endsWith(".html"));
    return { report, ...(html !== undefined && { href: relative(directory, join(run, html)).replaceAll("\\", "/") }) };
  });
  const comparison = compare(entries, leftOut);
  const artefacts = renderComparison(comparison);
  try {
    mkdirSync(directory, { recursive: true });
    for (const { path, content } of artefacts) writeWhole(join(directory, path), content);
  } catch (cause) {
    throw cannotWrite(directory, cause);
  }
  if (json) return;
  terminal.result("");
  for (const { path } of artefacts) terminal.result(`  ${join(directory, path)}`);
}
