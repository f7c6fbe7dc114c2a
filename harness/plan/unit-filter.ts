import type { Catalogue } from "#contract/catalogue.ts";
import { anyOutage } from "#contract/check.ts";
import { LabError } from "#contract/errors.ts";
import type { Stage } from "#contract/scenario.ts";
import { suggestion } from "./suggestion.ts";

/** `--only` and `--skip`: ids of attacks, disruptions and loads, or of checks, which stand for the units that they need. */
export interface UnitFilter {
  readonly only?: readonly string[];
  readonly skip?: readonly string[];
}

/**
 * Leaves in what the filter selects. Stages that it empties go; stages that were only time to pass stay.
 * Throws E_USAGE for a name that nobody knows, one that selects nothing here, and where nothing is left.
 */
export function filterStages(
  stages: readonly Stage[],
  { only = [], skip = [] }: UnitFilter,
  catalogue: Catalogue,
): readonly Stage[] {
  const planned = new Set(stages.flatMap(idsOf));
  const chosen = new Set(only.flatMap((name) => select("--only", name, planned, catalogue)));
  const skipped = new Set(skip.flatMap((name) => select("--skip", name, planned, catalogue)));
  const keeps = (id: string) => (chosen.size === 0 || chosen.has(id)) && !skipped.has(id);
  if (planned.size > 0 && ![...planned].some(keeps)) {
    throw new LabError("E_USAGE", "--only and --skip leave nothing to run", "Leave one of them out.");
  }
  return stages
    .map((stage) => ({
      ...stage,
      attacks: stage.attacks.filter(({ attack }) => keeps(attack.id)),
      disruptions: stage.disruptions.filter(({ disruption }) => keeps(disruption.id)),
      ...(stage.loads && { loads: stage.loads.filter(({ load }) => keeps(load.id)) }),
    }))
    .filter((stage, index) => idsOf(stage).length > 0 || idsOf(stages[index] ?? stage).length === 0);
}

function outages({ disruptions }: Catalogue): readonly string[] {
  return [...disruptions.values()].flatMap(({ id, severs }) => (severs ? [id] : []));
}

function idsOf({ attacks, disruptions, loads = [] }: Stage): readonly string[] {
  return [
    ...attacks.map(({ attack }) => attack.id),
    ...disruptions.map(({ disruption }) => disruption.id),
    ...loads.map(({ load }) => load.id),
  ];
}

function select(flag: string, name: string, planned: ReadonlySet<string>, catalogue: Catalogue): readonly string[] {
  const checks = new Map(catalogue.checks.map((check) => [check.id, check.needs]));
  const { attacks, disruptions, loads } = catalogue;
  const isUnit = attacks.has(name) || disruptions.has(name) || loads.has(name);
  const named = isUnit ? [name] : checks.get(name);
  if (named === undefined) {
    const names = [...attacks.keys(), ...disruptions.keys(), ...loads.keys(), ...checks.keys()];
    const says = `${flag} ${name}: there is no such attack, disruption, load or check${suggestion(name, names)}`;
    throw new LabError("E_USAGE", says, "See the names with: seatrial list");
  }
  const found = named.flatMap((id) => (id === anyOutage ? outages(catalogue) : [id])).filter((id) => planned.has(id));
  if (found.length > 0) return found;
  const hint = planned.size === 0 ? "The plan has no attacks and disruptions." : `It has ${[...planned].join(", ")}.`;
  throw new LabError("E_USAGE", `${flag} ${name} selects nothing in this plan`, hint);
}
