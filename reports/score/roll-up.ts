import type { Criticality } from "#contract/check.ts";
import type { Level } from "#contract/impact.ts";
import type { CatalogueCheck } from "../principles/principles.ts";
import type { Scored } from "./combine.ts";
import { priceOf, weightOf } from "./price.ts";

/** A check of the catalogue as the score sees it. */
export interface ScoredCheck extends Scored {
  readonly id: string;
  readonly principle: string;
  readonly practice: string;
  readonly criticality: Criticality;
  readonly nature: CatalogueCheck["nature"];
  readonly level: Level;
}

/** Which end of the credit interval is rolled up. */
export type Bound = "low" | "high";

/** Values of practices and principles, 0 to 1, and the whole, 0 to 100, before any gate. */
export interface Values {
  readonly practices: ReadonlyMap<string, number>;
  readonly principles: ReadonlyMap<string, number>;
  readonly whole: number;
}

/** Checks → practices (by weight and price) → principles (plain mean) → whole (plain mean: no principle outranks another). */
export function rollUp(checks: readonly ScoredCheck[], bound: Bound): Values {
  const practices = new Map(
    [...Map.groupBy(checks, ({ practice }) => practice)].map(([id, own]) => [id, value(own, bound)]),
  );
  const principleOf = new Map(checks.map(({ practice, principle }) => [practice, principle]));
  const grouped = Map.groupBy(practices, ([practice]) => principleOf.get(practice) ?? "");
  const principles = new Map([...grouped].map(([id, own]) => [id, mean(own.map(([, each]) => each))]));
  return { practices, principles, whole: 100 * mean([...principles.values()]) };
}

function value(checks: readonly ScoredCheck[], bound: Bound): number {
  const weight = sum(checks.map(({ criticality }) => weightOf(criticality)));
  const gaps = checks.map(
    ({ criticality, level, credit }) => weightOf(criticality) * priceOf(level) * (1 - credit[bound]),
  );
  return Math.max(0, 1 - sum(gaps) / weight);
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);

/** 0 for none: what has no applicable check has proven nothing. */
function mean(numbers: readonly number[]): number {
  return numbers.length === 0 ? 0 : sum(numbers) / numbers.length;
}
