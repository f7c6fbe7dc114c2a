import type { Verdict } from "#contract/check.ts";
import { code, plain } from "../render/markdown/escape.ts";
import { shareWithin, timeWithin, windowWord } from "../render/text/load-words.ts";
import { relativeLink } from "../render/text/relative-link.ts";
import { sentence, verdictWords, wordOf } from "../render/text/words.ts";
import type { Cell, Column, Comparison, Group, LoadCell, Row } from "./comparison.ts";
import { differing, nothingDiffers, standingWords, unsound } from "./comparison-words.ts";

/** A comparison for a pull request or a job summary. */
export function markdownOf(comparison: Comparison): string {
  const { title, columns } = comparison;
  const lines = [
    `### ${columns.length} targets compared: ${plain(title)}`,
    "",
    ...caveats(comparison),
    ...differences(comparison),
    ...questions(comparison),
    ...loads(comparison),
    ...unasked(comparison),
    "Each verdict stands for one run on one target. The same facts as data: comparison.json.",
  ];
  return `${lines.join("\n")}\n`;
}

function caveats({ notes, leftOut }: Comparison): readonly string[] {
  if (notes.length + leftOut.length === 0) return [];
  const missing = leftOut.map(
    ({ target, because, hint }) => `- ${code(target)} could not be started: ${plain(because)}. ${plain(hint)}`,
  );
  return [...notes.map((note) => `- ${plain(note)}`), ...missing, ""];
}

function differences({ columns, groups }: Comparison): readonly string[] {
  const rows = differing(groups.flatMap((group) => group.rows));
  const told = rows.flatMap((row) => [`- **${plain(sentence(row.asks))}**`, ...difference(row, columns)]);
  return ["### Where they differ", "", ...(rows.length === 0 ? [nothingDiffers] : told), ""];
}

function difference({ cells }: Row, columns: readonly Column[]): readonly string[] {
  return columns.flatMap((column, at) => {
    const cell = cells[at];
    return cell === undefined
      ? []
      : [`  - ${linked(cell, column)} ${code(column.name)}: ${plain(sentence(cell.says))}`];
  });
}

function questions({ columns, groups }: Comparison): readonly string[] {
  if (groups.length === 0) return [];
  return [
    "### Every question on every target",
    "",
    `| question | ${columns.map(head).join(" | ")} |`,
    `| --- | ${columns.map(() => "---").join(" | ")} |`,
    ...groups.flatMap((group) => rowsOf(group, columns)),
    `| **Together** | ${columns.map(({ counts }) => tally(counts)).join(" | ")} |`,
    `| **Verdict of the run** | ${columns.map(({ verdict }) => mark(verdict)).join(" | ")} |`,
    "",
  ];
}

function head({ name, product, href, state }: Column): string {
  const title = href === undefined ? code(name) : `[${code(name)}](${relativeLink(href)})`;
  return `${title}<br>${plain(product)}${state === "completed" ? "" : `, ${state}`}`;
}

function rowsOf({ title, rows }: Group, columns: readonly Column[]): readonly string[] {
  return [
    `| **${plain(title)}** | ${columns.map(() => "").join(" | ")} |`,
    ...rows.map(({ kind, id, asks, standing, cells }) => {
      const mark = standingWords[standing];
      const question = `${mark === "" ? "" : `**${mark}** `}${kind === "check" ? `${plain(asks)} ${code(id)}` : code(id)}`;
      return `| ${question} | ${columns.map((column, at) => verdictCell(cells[at], column)).join(" | ")} |`;
    }),
  ];
}

const mark = (verdict: Verdict) => `${wordOf(verdict).sign} ${wordOf(verdict).word}`;

function verdictCell(cell: Cell | undefined, column: Column): string {
  return cell === undefined ? "not in its report" : linked(cell, column);
}

function linked({ verdict, anchor }: Cell, { href }: Column): string {
  return href === undefined ? mark(verdict) : `[${mark(verdict)}](${relativeLink(href)}#${anchor})`;
}

function tally(counts: Column["counts"]): string {
  return verdictWords
    .flatMap(({ verdict, word }) => (counts[verdict] > 0 ? `${counts[verdict]} ${word}` : []))
    .join(", ");
}

function loads({ columns, loads: rows }: Comparison): readonly string[] {
  if (rows.length === 0) return [];
  return [
    "### Honest clients under load",
    "",
    "Share of operations that succeeded and the time they took in milliseconds, each with its 95 % interval.",
    "",
    `| load | ${columns.map(({ name }) => code(name)).join(" | ")} |`,
    `| --- | ${columns.map(() => "---").join(" | ")} |`,
    ...rows.map(
      ({ load, window, operation, cells }) =>
        `| ${code(load)} ${windowWord(window)}: ${operation} | ${cells.map(loadCell).join(" | ")} |`,
    ),
    "",
  ];
}

function loadCell(cell: LoadCell | undefined): string {
  if (cell === undefined) return "not run";
  const { availability, p50, p95, p99, sound } = cell;
  return [
    ...(availability ? [shareWithin(availability)] : []),
    ...(p50 ? [`p50 ${timeWithin(p50)}`] : []),
    ...(p95 ? [`p95 ${timeWithin(p95)}`] : []),
    ...(p99 ? [`p99 ${timeWithin(p99)}`] : []),
    ...(sound ? [] : [`**${unsound}**`]),
  ].join("<br>");
}

function unasked({ unasked: ids }: Comparison): readonly string[] {
  if (ids.length === 0) return [];
  return [`Put to none of them: ${ids.map(code).join(", ")}.`, ""];
}
