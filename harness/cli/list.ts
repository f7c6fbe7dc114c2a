import type { Catalogue } from "#contract/catalogue.ts";
import { LabError } from "#contract/errors.ts";
import { suggestion } from "#plan/suggestion.ts";
import { catalogueChecks } from "#reports/principles/principles.ts";
import { loadCatalogue } from "./catalogue.ts";
import type { CommonOptions } from "./options.ts";
import { shippedScenarios } from "./scenario-files.ts";
import type { Terminal } from "./terminal.ts";

/** A unit in a list. */
interface Entry {
  readonly id: string;
  readonly title: string;
}

/** `seatrial list`: every unit, by kind. */
export async function list([kind]: readonly string[], options: CommonOptions, terminal: Terminal): Promise<number> {
  const kinds = entriesOf(await loadCatalogue());
  const wanted = kind === undefined ? [...kinds] : [...kinds].filter(([name]) => name === kind);
  if (wanted.length === 0) {
    throw new LabError(
      "E_USAGE",
      `there is no kind "${kind}"${suggestion(kind ?? "", [...kinds.keys()])}`,
      `Choose among ${[...kinds.keys()].join(", ")}.`,
    );
  }
  if (options.json) {
    terminal.result(JSON.stringify(Object.fromEntries(wanted), null, 2));
    return 0;
  }
  for (const [name, entries] of wanted) {
    terminal.result(terminal.paint("bold", name));
    const width = Math.max(...entries.map(({ id }) => id.length));
    for (const { id, title } of entries) terminal.result(`  ${id.padEnd(width)}  ${title}`);
  }
  return 0;
}

/** Every kind of unit with its entries; what can be explained is among them. */
export function entriesOf(catalogue: Catalogue): ReadonlyMap<string, readonly Entry[]> {
  const titled = (units: ReadonlyMap<string, Entry>) => [...units.values()].map(({ id, title }) => ({ id, title }));
  return new Map([
    ["attacks", titled(catalogue.attacks)],
    ["disruptions", titled(catalogue.disruptions)],
    ["loads", titled(catalogue.loads)],
    ["devices", titled(catalogue.devices)],
    [
      "targets",
      [...catalogue.targets.values()].map(({ id, title, unverified }) => ({
        id,
        title: unverified === undefined ? title : `${title} [unverified: ${unverified}]`,
      })),
    ],
    ["checks", catalogue.checks.map(({ id, asks }) => ({ id, title: asks }))],
    ["catalogue", [...catalogueChecks.values()].map(({ id, asserts }) => ({ id, title: asserts }))],
    ["scenarios", [...shippedScenarios()].map(([id, file]) => ({ id, title: file }))],
    ["formats", [...catalogue.renderers.values()].map(({ format, title }) => ({ id: format, title }))],
  ]);
}
