import { join } from "node:path";
import type { Finding, Report } from "#contract/report.ts";
import { percent, points } from "#reports/render/text/words.ts";
import { markOf, type Terminal } from "./terminal.ts";

/** Every finding of a report, in the order of the principles. */
export function findingsOf(report: Report): readonly Finding[] {
  return report.principles.flatMap(({ practices }) =>
    practices.flatMap(({ checks }) => checks.flatMap(({ findings }) => findings)),
  );
}

/** The score in one line: proven, possible, covered, letter. */
export function scoreLine({ score }: Report): string | undefined {
  if (score === undefined) return undefined;
  const { proven, possible, coverage, letter, ungradedBecause } = score;
  const grade = letter === undefined ? `not graded: ${ungradedBecause ?? "no full assessment"}` : `grade ${letter}`;
  return `${points(proven)} proven, up to ${points(possible)}; ${percent(coverage)} covered; ${grade}`;
}

/** Prints what a run found, and where its report lies. */
export function printReport(report: Report, directory: string, files: readonly string[], terminal: Terminal): void {
  const { paint } = terminal;
  terminal.result("");
  terminal.result(paint("bold", `${report.header.scenario.title} — ${report.header.target.product}`));
  const findings = findingsOf(report);
  const asked = findings.filter(({ verdict }) => verdict !== "not-tested");
  for (const finding of asked) {
    terminal.result(`  ${markOf(finding.verdict, terminal)}  ${finding.check}: ${finding.says}`);
    if (finding.verdict === "fail") terminal.result(`        ${paint("dim", finding.remedy)}`);
  }
  const silent = findings.length - asked.length;
  if (silent > 0) terminal.result(`  ${terminal.paint("dim", `${silent} more questions were not asked by this plan`)}`);
  for (const { verdict, says } of report.expectations) {
    terminal.result(`  ${markOf(verdict, terminal)}  ${says}`);
  }
  terminal.result("");
  for (const { id, title, shares } of report.principles) {
    terminal.result(
      `  ${id}  proven ${percent(shares.proven).padStart(5)}  failed ${percent(shares.failed).padStart(5)}  unproven ${percent(shares.unproven).padStart(5)}  ${title}`,
    );
  }
  const score = scoreLine(report);
  if (score !== undefined) terminal.result(`  ${score}`);
  const counts = Object.entries(report.counts).filter(([, count]) => count > 0);
  terminal.result(
    `  ${paint("bold", report.verdict)}: ${counts.map(([verdict, count]) => `${count} ${verdict}`).join(", ")}`,
  );
  for (const file of files) terminal.result(`  ${join(directory, file)}`);
}
