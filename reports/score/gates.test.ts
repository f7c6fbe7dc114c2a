import { describe, expect, it } from "vitest";
import { gatesOf } from "./gates.ts";
import { rollUp, type ScoredCheck } from "./roll-up.ts";

function gates(changes: Partial<ScoredCheck>, low: number, value?: number) {
  const check: ScoredCheck = {
    id: "P2.3/x",
    practice: "P2.3",
    principle: "P2",
    criticality: "critical",
    nature: "deterministic",
    level: 0,
    verdict: "inconclusive",
    credit: { low, high: 1 },
    ...changes,
  };
  const values = rollUp([check], "low");
  const forced =
    value === undefined
      ? values
      : {
          ...values,
          principles: new Map([
            ["P1", 1],
            ["P2", value],
          ]),
        };
  return gatesOf([check], forced, "low").map(({ id, cap }) => [id, cap]);
}

const neutral = { criticality: "low" } as const;

const check = (id: string, verdict: ScoredCheck["verdict"]): ScoredCheck => ({
  id,
  practice: "P1.1",
  principle: "P1",
  criticality: "critical",
  nature: "deterministic",
  level: 0,
  verdict,
  credit: { low: 0, high: 0 },
});

describe("gatesOf", () => {
  it.each<[string, Partial<ScoredCheck>, number, boolean]>([
    ["holds a critical check to full credit", {}, 0.999, true],
    ["lets a critical check with full credit through", {}, 1, false],
    ["holds a measured critical check to 0.8", { nature: "metric" }, 0.79, true],
    ["lets a measured critical check of 0.8 through", { nature: "metric" }, 0.8, false],
    ["lets a rate of 0.8 through", { nature: "rate" }, 0.8, false],
    ["holds a high check at level 2", { criticality: "high", level: 2 }, 0.9, true],
    ["lets a high check at level 1 be", { criticality: "high", level: 1 }, 0, false],
    ["lets a medium check at level 3 be", { criticality: "medium", level: 3 }, 0, false],
  ])("%s", (_, changes, low, held) => {
    expect(gates(changes, low, 1)).toEqual(held ? [["G1", 59]] : []);
  });

  it.each<[number, readonly (readonly [string, number])[]]>([
    [0.6, []],
    [0.5999, [["G2", 89]]],
    [0.4, [["G2", 89]]],
    [0.3999, [["G2b", 74]]],
    [0, [["G2b", 74]]],
  ])("caps by a weakest principle of %d", (value, expected) => {
    expect(gates(neutral, 1, value)).toEqual(expected);
  });

  it("names failed checks before unproven ones, and counts both", () => {
    const checks = [check("P1.1/open", "not-tested"), check("P1.1/broken", "fail")];
    expect(gatesOf(checks, rollUp(checks, "low"), "low")[0]).toMatchObject({
      because: "1 critical failed, 1 critical unproven",
      lifts: ["P1.1/broken", "P1.1/open"],
    });
  });
});
