import { describe, expect, it } from "vitest";
import { combine, type Scored } from "./combine.ts";

const pass: Scored = { verdict: "pass", credit: { low: 1, high: 1 } };
const half: Scored = { verdict: "pass", credit: { low: 0.5, high: 1 } };
const fail: Scored = { verdict: "fail", credit: { low: 0, high: 0 } };
const open: Scored = { verdict: "not-tested", credit: { low: 0, high: 1 } };
const outside: Scored = { verdict: "not-applicable", credit: { low: 0, high: 1 } };

describe("combine", () => {
  it.each<[string, readonly Scored[], Scored]>([
    ["the lowest credit of two passes", [pass, half], half],
    ["a failure over any pass", [pass, fail], fail],
    [
      "inconclusive where one of two questions was not put",
      [pass, open],
      { verdict: "inconclusive", credit: { low: 0, high: 1 } },
    ],
    ["nothing for nothing", [], { verdict: "not-tested", credit: { low: 0, high: 1 } }],
    ["what applies, beside what does not", [pass, outside], pass],
    ["not applicable where nothing applies", [outside], outside],
  ])("answers %s", (_, all, expected) => {
    expect(combine(all)).toEqual(expected);
  });
});
