import type { Check, Verdict } from "#contract/check.ts";
import { together } from "#contract/judging.ts";
import type { RunHeader, RunRecord } from "#contract/record.ts";
import type { CatalogueResult, Report, Score } from "#contract/report.ts";
import { principles } from "../principles/principles.ts";
import { gradeOf } from "../score/letter.ts";
import { pointsLost } from "../score/points-lost.ts";
import type { ScoredCheck } from "../score/roll-up.ts";
import { type Scoring, scoreOf } from "../score/score.ts";
import { catalogueResults, type Placed } from "./catalogue-results.ts";
import { countVerdicts } from "./count-verdicts.ts";
import { expectationResults } from "./expectations.ts";
import { fidelityOf } from "./fidelity.ts";
import { healthOf } from "./health.ts";
import { lanesOf } from "./lanes.ts";
import { thresholdResults } from "./load-thresholds.ts";
import { loadsOf } from "./loads.ts";
import { principleResults } from "./principle-results.ts";
import { recoveriesOf } from "./recovery.ts";
import { resourcesOf } from "./resources.ts";
import { whyUngraded } from "./ungraded.ts";

/**
 * Judges a stored run, complete or not. Pure: the same record and checks give the same report.
 *
 * A run that did not complete is at best inconclusive: its failures stand, its passes become inconclusive, and it
 * earns no letter. Throws only where a check covers what the catalogue does not hold.
 * @param checks every check there is; those without anything to judge answer not-tested
 */
export function judge(
  record: RunRecord,
  checks: readonly Check[],
  options: { readonly historyDigest?: string } = {},
): Report {
  const { header, history } = record;
  const placed = catalogueResults(record, checks);
  const plan = placed.filter(({ outside }) => outside === undefined).map(({ result }) => result);
  const scorable = plan.map(scoredOf);
  const scoring = header.product === undefined ? undefined : scoreOf(scorable);
  const lost = scoring === undefined ? new Map<string, number>() : pointsLost(scorable);
  const health = healthOf(history);
  const recoveries = recoveriesOf(history);
  const loads = loadsOf(record);
  const resources = resourcesOf(history);
  const measured = { history, health, recoveries, loads };
  const expectations = [...expectationResults(header.expects, measured, header.state), ...thresholdResults(record)];
  const findings = placed.flatMap(({ result }) => result.findings);
  return {
    format: 1,
    header,
    catalogue: { id: principles.id, title: principles.title },
    fidelity: fidelityOf(header),
    verdict: wholeVerdict(
      [...findings, ...expectations].map(({ verdict }) => verdict),
      header,
    ),
    counts: countVerdicts(
      placed.filter(({ outside }) => outside !== "out-of-reach").map(({ result }) => result.verdict),
    ),
    principles: principleResults(placed, { lost, ...(scoring && { scoring }) }),
    ...(scoring && { score: withLetter(scoring, record) }),
    outOfReach: shareOf(placed, "out-of-reach"),
    notApplicable: shareOf(placed, "not-applicable"),
    expectations,
    lanes: lanesOf(history),
    health,
    recoveries,
    loads,
    ...(resources.length > 0 && { resources }),
    ...(options.historyDigest !== undefined && { historyDigest: options.historyDigest }),
  };
}

function scoredOf({ id, criticality, nature, level, verdict, credit }: CatalogueResult): ScoredCheck {
  const practice = id.slice(0, id.indexOf("/"));
  return { id, practice, principle: practice.slice(0, 2), criticality, nature, level, verdict, credit };
}

function withLetter({ proven, possible, coverage, gates }: Scoring, record: RunRecord): Score {
  const grade = gradeOf({ proven, coverage }, fidelityOf(record.header), whyUngraded(record));
  return { proven, possible, coverage, gates, ...grade };
}

function wholeVerdict(verdicts: readonly Verdict[], { state }: RunHeader): Verdict {
  const verdict = together(verdicts);
  const complete = state === "completed" || verdict === "fail" || verdict === "error";
  return complete ? verdict : "inconclusive";
}

function shareOf(placed: readonly Placed[], outside: Placed["outside"]): Report["outOfReach"] {
  const those = placed.filter((each) => each.outside === outside);
  return { checks: those.map(({ result }) => result.id), weightShare: weigh(those) / weigh(placed) };
}

function weigh(placed: readonly Placed[]): number {
  return placed.reduce((sum, { result }) => sum + result.weight, 0);
}
