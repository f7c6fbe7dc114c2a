import type { CatalogueResult, Finding, Report } from "#contract/report.ts";
import { points } from "./words.ts";

/** One thing to mend. */
export interface Fix {
  readonly result: CatalogueResult;
  readonly finding: Finding;
}

/** What failed, dearest first: by points lost where there is a score, then by weight and impact. */
export function fixFirst({ principles }: Report, most = 10): readonly Fix[] {
  return principles
    .flatMap(({ practices }) => practices.flatMap(({ checks }) => checks))
    .flatMap((result) => result.findings.map((finding) => ({ result, finding })))
    .filter(({ finding }) => finding.verdict === "fail")
    .toSorted((one, other) => dearness(other.result) - dearness(one.result))
    .slice(0, most);
}

/** Weight times price stays below 21, so points always come first. */
function dearness({ pointsLost = 0, weight, level }: CatalogueResult): number {
  return pointsLost * 1_000 + weight * (1 + level / 3);
}

/**
 * What mending this alone would gain, in words; empty where there is no score. In a practice that other gaps hold at
 * nothing, or under a gate, one change alone moves nothing.
 */
export function gainOf({ pointsLost }: CatalogueResult): readonly string[] {
  if (pointsLost === undefined) return [];
  return [pointsLost < 0.05 ? "No points by itself while other gaps remain" : `${points(pointsLost)} points to gain`];
}
