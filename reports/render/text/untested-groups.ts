import type { CatalogueResult, Report } from "#contract/report.ts";

/** Checks of the catalogue that share a reason for not being tested. */
export interface UntestedGroup {
  readonly because: string;
  readonly checks: readonly CatalogueResult[];
  /** Share of the weight of the whole plan, 0 to 1. */
  readonly weightShare: number;
}

/** Checks of the catalogue by why they are not tested, the weightiest reason first; those out of reach are not among them. */
export function untestedGroups({ principles, outOfReach }: Report): readonly UntestedGroup[] {
  const all = principles.flatMap(({ practices }) => practices.flatMap(({ checks }) => checks));
  const plan = all.filter(({ id, verdict }) => !outOfReach.checks.includes(id) && verdict !== "not-applicable");
  const untested = plan.filter(({ verdict }) => verdict === "not-tested");
  return [...Map.groupBy(untested, ({ because = "" }) => because)]
    .map(([because, checks]) => ({ because, checks, weightShare: weigh(checks) / weigh(plan) }))
    .toSorted((one, other) => other.weightShare - one.weightShare);
}

function weigh(checks: readonly CatalogueResult[]): number {
  return checks.reduce((sum, { weight }) => sum + weight, 0);
}
