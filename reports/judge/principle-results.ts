import { together } from "#contract/judging.ts";
import type { CatalogueResult, PracticeResult, PrincipleResult } from "#contract/report.ts";
import { type Practice, principles } from "../principles/principles.ts";
import type { Scoring } from "../score/score.ts";
import type { Placed } from "./catalogue-results.ts";

/** What the score adds to the results; empty outside an assessment. */
export interface Points {
  readonly scoring?: Scoring;
  /** Points of L gained if a check alone became a pass. */
  readonly lost: ReadonlyMap<string, number>;
}

/** Checks gathered into the 22 practices and six principles. */
export function principleResults(placed: readonly Placed[], points: Points): readonly PrincipleResult[] {
  const byId = new Map(placed.map((each) => [each.result.id, each]));
  return principles.principles.map((principle) => principleOf(principle, byId, points));
}

function principleOf(
  { id, title, question, practices }: (typeof principles.principles)[number],
  byId: ReadonlyMap<string, Placed>,
  points: Points,
): PrincipleResult {
  const own = practices.map((practice) => practiceOf(practice, byId, points));
  const inPlan = practices
    .flatMap(({ checks }) => checks.flatMap((check) => byId.get(check.id) ?? []))
    .filter(({ outside }) => outside === undefined);
  return {
    id,
    title,
    question,
    verdict: together(own.map(({ verdict }) => verdict)),
    practices: own,
    shares: sharesOf(inPlan.map(({ result }) => result)),
    ...bounds(points.scoring?.low.principles.get(id), points.scoring?.high.principles.get(id)),
  };
}

function practiceOf(
  { id, name, paraphrase, limits, crosswalk, checks }: Practice,
  byId: ReadonlyMap<string, Placed>,
  { scoring, lost }: Points,
): PracticeResult {
  const results = checks.flatMap((check) => byId.get(check.id)?.result ?? []);
  return {
    id,
    name,
    paraphrase,
    limits,
    crosswalk,
    verdict: together(results.map(({ verdict }) => verdict)),
    checks: results.map((result) => withPoints(result, lost.get(result.id))),
    ...bounds(scoring?.low.practices.get(id), scoring?.high.practices.get(id)),
  };
}

function withPoints(result: CatalogueResult, pointsLost: number | undefined): CatalogueResult {
  return pointsLost === undefined ? result : { ...result, pointsLost };
}

function bounds(proven: number | undefined, possible: number | undefined) {
  return proven === undefined || possible === undefined ? {} : { proven, possible };
}

/** Shares of weight; all unproven where nothing is applicable. */
function sharesOf(results: readonly CatalogueResult[]): PrincipleResult["shares"] {
  const weigh = (of: (result: CatalogueResult) => number) =>
    results.reduce((sum, result) => sum + result.weight * of(result), 0);
  const all = weigh(() => 1);
  if (all === 0) return { proven: 0, failed: 0, unproven: 1 };
  const proven = weigh(({ credit }) => credit.low) / all;
  const failed = weigh(({ credit }) => 1 - credit.high) / all;
  return { proven, failed, unproven: Math.max(0, 1 - proven - failed) };
}
