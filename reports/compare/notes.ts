import type { RunHeader } from "#contract/record.ts";
import type { Entry } from "./comparison.ts";

/** What keeps the columns from being compared just so, in sentences. */
export function notesOn(entries: readonly Entry[], names: readonly string[]): readonly string[] {
  const headers = entries.map(({ report }) => report.header);
  const incomplete = headers.flatMap(({ state, ended }, at) =>
    state === "completed"
      ? []
      : [
          `${names[at] ?? ""} did not complete (${ended?.message ?? `it is ${state}`}): its failures stand, its passes prove nothing.`,
        ],
  );
  return [
    ...incomplete,
    ...unlike(headers, "were made with different plans", ({ scenario }) => scenario.id),
    ...unlike(headers, "were made with different seeds", ({ seed }) => seed),
    ...unlike(headers, "were made by different versions of seatrial", ({ tool }) => tool.version),
    ...unlike(headers, "had different fleets", ({ fleets }) => JSON.stringify(fleets)),
  ];
}

function unlike(headers: readonly RunHeader[], says: string, of: (header: RunHeader) => string): readonly string[] {
  return new Set(headers.map(of)).size > 1 ? [`The runs ${says}, so differences need not be the targets'.`] : [];
}
