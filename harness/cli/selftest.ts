import { LabError } from "#contract/errors.ts";
import { suggestion } from "#plan/suggestion.ts";
import { loadCatalogue } from "./catalogue.ts";
import { interruption } from "./interruption.ts";
import { type Case, casesOf, type MatrixRow, tryCase } from "./kill-matrix.ts";
import type { CommonOptions } from "./options.ts";
import { markOf, type Terminal } from "./terminal.ts";

/** `seatrial selftest`: runs and prints the kill matrix; exit code 0 only where every row holds. */
export async function selftest(
  _: readonly string[],
  options: CommonOptions & { readonly only?: string },
  terminal: Terminal,
): Promise<number> {
  const catalogue = await loadCatalogue();
  const signal = interruption(terminal);
  const rows: MatrixRow[] = [];
  const cases = chosen(casesOf(catalogue), options.only);
  for (const [at, one] of cases.entries()) {
    terminal.live(`${at + 1} of ${cases.length}: ${one.check.id}`);
    rows.push(await tryCase(one, catalogue, signal));
    if (signal.aborted) throw signal.reason;
  }
  if (options.json) terminal.result(JSON.stringify(rows, null, 2));
  else print(rows, terminal);
  return rows.every(({ holds }) => holds) ? 0 : 1;
}

function chosen(cases: readonly Case[], only: string | undefined): readonly Case[] {
  if (only === undefined) return cases;
  const found = cases.filter(({ check }) => check.id === only || check.needs.includes(only));
  if (found.length > 0) return found;
  const names = cases.flatMap(({ check }) => [check.id, ...check.needs]);
  throw new LabError(
    "E_USAGE",
    `--only ${only} selects no twin${suggestion(only, names)}`,
    "See the names with: seatrial list checks",
  );
}

function print(rows: readonly MatrixRow[], terminal: Terminal): void {
  terminal.result("weak  hardened  control broken  check, and the one thing that was loosened");
  for (const row of rows) {
    const broken = row.broken === undefined ? "    " : markOf(row.broken, terminal);
    const mark = row.holds ? " " : terminal.paint("red", "!");
    terminal.result(
      `${markOf(row.weak, terminal)}  ${markOf(row.hardened, terminal)}      ${broken}          ${mark} ${row.check} (${row.loosened})`,
    );
    if (!row.holds) for (const says of row.says) terminal.result(`                                  ${says}`);
  }
  const held = rows.filter(({ holds }) => holds).length;
  terminal.result(`${held} of ${rows.length} twins are told apart`);
}
