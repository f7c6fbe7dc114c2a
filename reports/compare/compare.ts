import { countVerdicts } from "../judge/count-verdicts.ts";
import { columnOf, namesOf } from "./columns.ts";
import type { Comparison, Entry, LeftOut } from "./comparison.ts";
import { loadRowsOf } from "./load-rows.ts";
import { notesOn } from "./notes.ts";
import { expectationRows, groupsOf, isAsked } from "./rows.ts";

/**
 * Puts reports side by side, in the order given: verdict by verdict, and load by load.
 * @param leftOut targets that were asked for and have no report
 */
export function compare(entries: readonly Entry[], leftOut: readonly LeftOut[] = []): Comparison {
  const asked = [...groupsOf(entries), { title: "What the scenario expects", rows: expectationRows(entries) }];
  const groups = asked
    .map(({ title, rows }) => ({ title, rows: rows.filter(isAsked) }))
    .filter(({ rows }) => rows.length > 0);
  const rows = groups.flatMap((group) => group.rows);
  const names = namesOf(entries);
  const verdictsOf = (at: number) => rows.flatMap(({ cells }) => cells[at]?.verdict ?? []);
  const columns = entries.map((entry, at) => columnOf(entry, names[at] ?? "", countVerdicts(verdictsOf(at))));
  const header = entries[0]?.report.header;
  return {
    format: 1,
    title: header?.product?.title ?? header?.scenario.title ?? "Nothing to compare",
    columns,
    groups,
    unasked: asked.flatMap((group) => group.rows.filter((row) => !isAsked(row)).map(({ id }) => id)),
    loads: loadRowsOf(entries),
    notes: notesOn(entries, names),
    leftOut,
  };
}
