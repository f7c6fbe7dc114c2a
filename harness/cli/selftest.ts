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
  const cases = chosen(casesOf(catalogue), options.only);
  let done = 0;
  const rows = await someAtOnce(cases, async (one) => {
    const row = await tryCase(one, catalogue, signal);
    terminal.live(`${++done} of ${cases.length} done, the last one ${one.check.id}`);
    return row;
  });
  if (options.json) terminal.result(JSON.stringify(rows, null, 2));
  else print(rows, terminal);
  return rows.every(({ holds, isNotTested }) => holds || isNotTested) ? 0 : 1;
}

/** Cases that run at once: each has a broker of its own and mostly waits, so two processors are enough for many. */
const atOnce = 9;

/** The results in the order of the cases, whatever order they end in. */
async function someAtOnce(
  cases: readonly Case[],
  work: (one: Case) => Promise<MatrixRow>,
): Promise<readonly MatrixRow[]> {
  const rows: MatrixRow[] = [];
  const waiting = [...cases.entries()];
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) rows[next[0]] = await work(next[1]);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return rows;
}

function chosen(cases: readonly Case[], only: string | undefined): readonly Case[] {
  if (only === undefined) return cases;
  const found = cases.filter(({ check, exercise }) =>
    [check.id, ...check.needs, ...Object.values(exercise)].includes(only),
  );
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
    const mark = row.holds || row.isNotTested ? " " : terminal.paint("red", "!");
    terminal.result(
      `${markOf(row.weak, terminal)}  ${markOf(row.hardened, terminal)}      ${broken}          ${mark} ${row.check} (${row.loosened})`,
    );
    if (!row.holds) for (const says of row.says) terminal.result(`                                  ${says}`);
  }
  const held = rows.filter(({ holds }) => holds).length;
  const untested = rows.filter(({ isNotTested }) => isNotTested).length;
  const rest = untested === 0 ? "" : `; ${untested} not tested`;
  terminal.result(`${held} of ${rows.length} twins are told apart${rest}`);
}
