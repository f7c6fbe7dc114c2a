import type { Check, Verdict } from "#contract/check.ts";
import type { ImpactLevels } from "#contract/impact.ts";
import type { RunRecord } from "#contract/record.ts";
import type { CatalogueResult, Finding } from "#contract/report.ts";
import { type CatalogueCheck, catalogueChecks } from "../principles/principles.ts";
import { combine } from "../score/combine.ts";
import { creditOf } from "../score/credit.ts";
import { levelOf, weightOf } from "../score/price.ts";
import { fidelityOf, reaches } from "./fidelity.ts";
import { findingOf } from "./finding.ts";
import { whyNotTested } from "./untested.ts";

const noImpact: ImpactLevels = { safety: 0, availability: 0, data: 0, fleet: 0 };

/** What becomes of a check of the catalogue; `outside` ones are not part of the plan that is scored. */
export interface Placed {
  readonly result: CatalogueResult;
  readonly outside: "out-of-reach" | "not-applicable" | undefined;
}

/**
 * Every check of the catalogue with what the checks of seatrial that cover it say about this record, in catalogue order.
 * Throws where a check covers what the catalogue does not hold: that is a mistake in the check.
 */
export function catalogueResults(record: RunRecord, checks: readonly Check[]): readonly Placed[] {
  const stray = checks.find(({ covers }) => !catalogueChecks.has(covers));
  if (stray !== undefined)
    throw new Error(`check ${stray.id} covers "${stray.covers}", which the catalogue does not have`);
  const covering = Map.groupBy(checks, ({ covers }) => covers);
  return [...catalogueChecks.values()].map((entry) => place(entry, covering.get(entry.id) ?? [], record));
}

function place(entry: CatalogueCheck, covering: readonly Check[], record: RunRecord): Placed {
  const findings = covering.map((check) => findingOf(check, record));
  const counting = findings.filter((_, at) => !isBeyondPlan(covering[at], record));
  const scored = combine(counting.map((finding) => ({ verdict: finding.verdict, credit: creditOf(finding, entry) })));
  const { impact = noImpact } = record.header.product ?? {};
  const base = { ...factsOf(entry), findings, level: levelOf(entry.dimensions, impact) };

  const because = whyNotApplicable(entry, scored.verdict, findings, record);
  if (because !== undefined) {
    return {
      result: { ...base, verdict: "not-applicable", because, credit: scored.credit },
      outside: "not-applicable",
    };
  }
  const fidelity = fidelityOf(record.header);
  if (!reaches(fidelity, entry.minimumFidelity)) {
    const says = `needs ${article(entry.minimumFidelity)} target; this one is ${fidelity}`;
    return {
      result: { ...base, verdict: "not-tested", because: says, credit: { low: 0, high: 1 } },
      outside: "out-of-reach",
    };
  }
  const missing = scored.verdict === "not-tested" ? { because: whyNotTested(covering, record) } : {};
  return { result: { ...base, ...scored, ...missing }, outside: undefined };
}

/** Whether a check is further evidence that the plan never set out to get; one that was planned and left out still counts. */
function isBeyondPlan(check: Check | undefined, { header }: RunRecord): boolean {
  if (check?.isFurther !== true) return false;
  const planned = header.stages.flatMap(({ attacks, disruptions, loads = [] }) => [
    ...attacks,
    ...disruptions,
    ...loads,
  ]);
  return !planned.some(({ id }) => check.needs.includes(id));
}

const article = (fidelity: string) => (fidelity === "emulated" ? "an emulated" : `a ${fidelity}`);

function factsOf({ id, asserts, criticality, nature, dimensions, evidence, requiredRung }: CatalogueCheck) {
  return { id, asserts, criticality, nature, dimensions, evidence, requiredRung, weight: weightOf(criticality) };
}

/** A rule over facts takes a check out, unless a failure shows that it applies after all. */
function whyNotApplicable(
  { id }: CatalogueCheck,
  verdict: Verdict,
  findings: readonly Finding[],
  { header }: RunRecord,
): string | undefined {
  if (verdict === "fail") return undefined;
  const rule = header.product?.notApplicable.find(({ check }) => check === id);
  if (rule !== undefined) return rule.because;
  return verdict === "not-applicable" ? findings[0]?.says : undefined;
}
