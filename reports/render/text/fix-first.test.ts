import { describe, expect, it } from "vitest";
import { checkOf, sampleRun } from "#testing/sample-run.ts";
import { judge } from "../../judge/judge.ts";
import { fixFirst } from "./fix-first.ts";

const fail = { verdict: "fail", says: "broken" } as const;
const ids = (covers: readonly string[], scored = true) => {
  const { product, ...header } = sampleRun().header;
  const record = { header: { ...header, ...(scored && product && { product }) }, history: sampleRun().history };
  return fixFirst(
    judge(
      record,
      covers.map((each, at) => checkOf(`c${at}`, each, fail)),
    ),
  ).map(({ result }) => result.id);
};

describe("fixFirst", () => {
  it("puts first what gains most points", () => {
    expect(ids(["P6.3/switches-work", "P4.2/four-layers-attacked"])).toEqual([
      "P4.2/four-layers-attacked",
      "P6.3/switches-work",
    ]);
  });

  it("goes by weight where there is no score", () => {
    expect(ids(["P2.1/defer-is-bounded-and-visible", "P3.1/crypto-current", "P4.3/rogue-rejected"], false)).toEqual([
      "P4.3/rogue-rejected",
      "P3.1/crypto-current",
      "P2.1/defer-is-bounded-and-visible",
    ]);
  });

  it("names only what failed, and at most ten", () => {
    expect(ids([])).toEqual([]);
    expect(ids(Array.from({ length: 14 }, () => "P3.1/crypto-current"))).toHaveLength(10);
  });
});
