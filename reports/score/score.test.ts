import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Measure, Verdict } from "#contract/check.ts";
import type { ImpactLevels, Level } from "#contract/impact.ts";
import { catalogueChecks } from "../principles/principles.ts";
import { creditOf, type Outcome } from "./credit.ts";
import { pointsLost } from "./points-lost.ts";
import { levelOf } from "./price.ts";
import type { ScoredCheck } from "./roll-up.ts";
import { scoreOf } from "./score.ts";

const entries = [...catalogueChecks.values()];

/** The catalogue with one outcome for each check, at these impact levels. */
function scored(outcomes: readonly Outcome[], levels: ImpactLevels): readonly ScoredCheck[] {
  return entries.map((entry, at): ScoredCheck => {
    const outcome = outcomes[at] ?? { verdict: "not-tested" };
    const practice = entry.id.slice(0, 4);
    return {
      id: entry.id,
      practice,
      principle: practice.slice(0, 2),
      criticality: entry.criticality,
      nature: entry.nature,
      level: levelOf(entry.dimensions, levels),
      verdict: outcome.verdict,
      credit: creditOf(outcome, entry),
    };
  });
}

const level = fc.constantFrom<Level>(0, 1, 2, 3);
const impact: fc.Arbitrary<ImpactLevels> = fc.record({ safety: level, availability: level, data: level, fleet: level });
const anyVerdict = fc.constantFrom<Verdict>("pass", "fail", "inconclusive", "not-tested", "not-applicable", "error");
/** Mostly passes: among many gaps every practice is worth nothing and no law could be broken. */
const mostlyPass = fc.oneof(
  { weight: 9, arbitrary: fc.constant<Verdict>("pass") },
  { weight: 1, arbitrary: anyVerdict },
);
const rung = fc.constantFrom("D0", "D1", "D2", "T" as const);
const rate: fc.Arbitrary<Measure> = fc
  .tuple(fc.integer({ min: 1, max: 60 }), fc.nat(60), fc.nat(60), fc.constantFrom(0.5, 0.8, 0.95))
  .map(([planned, some, more, required]) => {
    const passed = some % (planned + 1);
    return { kind: "rate", planned, passed, failed: more % (planned - passed + 1), required };
  });
const metric: fc.Arbitrary<Measure> = fc
  .tuple(fc.array(fc.integer({ min: 1, max: 4_000 }), { maxLength: 12 }), fc.nat(4))
  .map(([values, missing]) => ({
    kind: "metric",
    values,
    planned: values.length + missing,
    good: 60,
    bad: 1_800,
    unit: "s",
  }));
const graded: fc.Arbitrary<Measure> = fc
  .tuple(fc.integer({ min: 1, max: 6 }), fc.nat(6), fc.nat(6))
  .map(([total, some, more]) => {
    const survived = some % (total + 1);
    return { kind: "graded", total, survived, lost: more % (total - survived + 1) };
  });
const measure = fc.oneof(rate, metric, graded);
const outcome: fc.Arbitrary<Outcome> = fc.record({ verdict: mostlyPass, rung, measure }, { requiredKeys: ["verdict"] });
const outcomes = fc.array(outcome, { minLength: entries.length, maxLength: entries.length });
const place = fc.nat(entries.length - 1);

const replaced = (all: readonly Outcome[], at: number, by: Outcome) => all.with(at, by);
const noise = 1e-6;

describe("the score", () => {
  it("never proves more than is possible, and keeps both between 0 and 100", () => {
    fc.assert(
      fc.property(outcomes, impact, (all, levels) => {
        const { proven, possible, coverage } = scoreOf(scored(all, levels));
        expect(proven).toBeLessThanOrEqual(possible + noise);
        expect(proven).toBeGreaterThanOrEqual(0);
        expect(possible).toBeLessThanOrEqual(100);
        expect(coverage).toBeGreaterThanOrEqual(0);
        expect(coverage).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("never proves more because a test was left out", () => {
    fc.assert(
      fc.property(outcomes, impact, place, (all, levels, at) => {
        fc.pre(all[at]?.verdict !== "not-applicable");
        const without = scoreOf(scored(replaced(all, at, { verdict: "not-tested" }), levels));
        expect(without.proven).toBeLessThanOrEqual(scoreOf(scored(all, levels)).proven + noise);
      }),
    );
  });

  it("never proves less because a check passed", () => {
    fc.assert(
      fc.property(outcomes, impact, place, (all, levels, at) => {
        fc.pre(all[at]?.verdict !== "not-applicable");
        const passed = scoreOf(scored(replaced(all, at, { verdict: "pass" }), levels));
        expect(passed.proven).toBeGreaterThanOrEqual(scoreOf(scored(all, levels)).proven - noise);
      }),
    );
  });

  it("neither proves more nor leaves more possible because a check failed", () => {
    fc.assert(
      fc.property(outcomes, impact, place, (all, levels, at) => {
        fc.pre(all[at]?.verdict !== "not-applicable");
        const before = scoreOf(scored(all, levels));
        const failed = scoreOf(scored(replaced(all, at, { verdict: "fail" }), levels));
        expect(failed.proven).toBeLessThanOrEqual(before.proven + noise);
        expect(failed.possible).toBeLessThanOrEqual(before.possible + noise);
      }),
    );
  });

  it("never proves more because a trial was dropped or hidden", () => {
    fc.assert(
      fc.property(
        outcomes,
        impact,
        place,
        measure,
        fc.constantFrom<Verdict>("pass", "fail"),
        (all, levels, at, seen, found) => {
          const whole = scoreOf(scored(replaced(all, at, { verdict: found, measure: seen }), levels)).proven;
          for (const fewer of withFewerTrials(seen)) {
            const { proven } = scoreOf(scored(replaced(all, at, { verdict: found, measure: fewer }), levels));
            expect(proven).toBeLessThanOrEqual(whole + noise);
          }
        },
      ),
    );
  });

  it("never rises with the impact of a failure", () => {
    fc.assert(
      fc.property(
        outcomes,
        impact,
        fc.constantFrom("safety", "availability", "data", "fleet" as const),
        (all, levels, dimension) => {
          fc.pre(levels[dimension] < 3);
          const higher = { ...levels, [dimension]: levels[dimension] + 1 };
          const before = scoreOf(scored(all, levels));
          const after = scoreOf(scored(all, higher));
          expect(after.proven).toBeLessThanOrEqual(before.proven + noise);
          expect(after.possible).toBeLessThanOrEqual(before.possible + noise);
        },
      ),
    );
  });

  it("does not change when a check is added that does not apply", () => {
    fc.assert(
      fc.property(outcomes, impact, place, (all, levels, at) => {
        const checks = scored(replaced(all, at, { verdict: "not-applicable" }), levels);
        expect(scoreOf(checks)).toEqual(scoreOf(checks.filter((_, index) => index !== at)));
      }),
    );
  });

  it("does not change when the same check is run again", () => {
    fc.assert(
      fc.property(outcomes, impact, (all, levels) => {
        const checks = scored(all, levels);
        expect(scoreOf([...checks, ...checks])).toEqual(scoreOf(checks));
      }),
    );
  });

  it("does not depend on the order of the checks", () => {
    fc.assert(
      fc.property(outcomes, impact, (all, levels) => {
        const checks = scored(all, levels);
        expect(scoreOf(checks.toReversed()).proven).toBeCloseTo(scoreOf(checks).proven, 5);
      }),
    );
  });
});

/** One trial fewer in each way in which it could be hidden; what was planned stays planned. */
function withFewerTrials(seen: Measure): readonly Measure[] {
  switch (seen.kind) {
    case "rate":
      return [
        ...(seen.passed > 0 ? [{ ...seen, passed: seen.passed - 1 }] : []),
        ...(seen.failed > 0 ? [{ ...seen, failed: seen.failed - 1 }] : []),
      ];
    case "graded":
      return [
        ...(seen.survived > 0 ? [{ ...seen, survived: seen.survived - 1 }] : []),
        ...(seen.lost > 0 ? [{ ...seen, lost: seen.lost - 1 }] : []),
      ];
    case "metric":
      return seen.values.length > 0
        ? [{ ...seen, values: seen.values.toSorted((one, other) => one - other).slice(0, -1) }]
        : [];
  }
}

function check(
  id: string,
  criticality: ScoredCheck["criticality"],
  verdict: Verdict,
  low: number,
  high: number,
  more: Partial<ScoredCheck> = {},
): ScoredCheck {
  const practice = id.slice(0, 4);
  return {
    id,
    practice,
    principle: practice.slice(0, 2),
    criticality,
    nature: "deterministic",
    level: 0,
    verdict,
    credit: { low, high },
    ...more,
  };
}

/** Six checks whose score can be followed with a pencil. */
const example: readonly ScoredCheck[] = [
  check("P1.1/a", "critical", "pass", 1, 1),
  check("P1.1/b", "high", "fail", 0, 0),
  check("P1.4/c", "medium", "pass", 0.5, 0.5, { nature: "metric" }),
  check("P2.3/d", "critical", "pass", 1, 1),
  check("P2.3/e", "high", "not-tested", 0, 1, { level: 2 }),
  check("P5.3/f", "low", "not-tested", 0, 1),
];

describe("a score worked by hand", () => {
  const result = scoreOf(example);

  it("values practices by weight and price", () => {
    expect(result.low.practices.get("P1.1")).toBeCloseTo(10 / 17.5, 12);
    expect(result.low.practices.get("P2.3")).toBeCloseTo(1 - (7.5 * (5 / 3)) / 17.5, 12);
    expect(result.high.practices.get("P2.3")).toBe(1);
  });

  it("means practices into principles and principles into the whole", () => {
    expect(result.low.principles.get("P1")).toBeCloseTo((10 / 17.5 + 0.5) / 2, 12);
    expect(result.proven).toBeCloseTo(27.381, 3);
    expect(result.possible).toBeCloseTo(84.5238, 3);
  });

  it("covers what has a pass or a failure", () => {
    expect(result.coverage).toBeCloseTo(32.5 / 42.5, 12);
  });

  it("caps the proven by the unproven check of high impact and by the empty principle, the possible by the weak one", () => {
    expect(result.gates).toEqual([
      { id: "G1", cap: 59, bound: "proven", because: "1 critical unproven", lifts: ["P2.3/e"] },
      { id: "G2b", cap: 74, bound: "proven", because: "P5 has only 0 % proven, less than 40 %", lifts: ["P5.3/f"] },
      {
        id: "G2",
        cap: 89,
        bound: "possible",
        because: "P1 has only 53 % possible, less than 60 %",
        lifts: ["P1.1/b", "P1.4/c"],
      },
    ]);
  });

  it("gains by each gap what scoring again says", () => {
    const lost = pointsLost(example);
    expect([...lost.keys()]).toEqual(["P1.1/b", "P1.4/c", "P2.3/e", "P5.3/f"]);
    expect(lost.get("P1.4/c")).toBeCloseTo((100 * 0.25) / 3, 4);
    expect(lost.get("P5.3/f")).toBeCloseTo(100 / 3 - Math.max(0, 27.381 + 100 / 3 - 59), 2);
  });

  it("lets a dear gap take a practice to nothing, and not below", () => {
    const ruined = [check("P1.1/a", "critical", "fail", 0, 0, { level: 3 }), check("P1.4/b", "low", "pass", 1, 1)];
    expect(scoreOf(ruined).low.practices.get("P1.1")).toBe(0);
    expect(scoreOf(ruined).proven).toBe(50);
  });

  it("scores an empty plan as nothing", () => {
    expect(scoreOf([])).toMatchObject({ proven: 0, possible: 0, coverage: 0, gates: [] });
  });
});
