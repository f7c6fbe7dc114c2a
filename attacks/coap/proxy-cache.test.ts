import { expect, it } from "vitest";
import { type Inside, threeBeats } from "#testing/three-beats.ts";
import { proxyCache } from "./proxy-cache.ts";

const judged = (...attack: readonly Inside[]) => proxyCache.checks[0]?.judge(threeBeats(proxyCache.id, { attack }));

it("does not ask of a cache where nothing is forwarded for the operator", () => {
  expect(judged({ action: "fill", phase: "refused", found: { answer: "5.05" } })).toMatchObject({
    verdict: "not-applicable",
    says: "the target forwards nothing, not even for the operator (5.05)",
  });
});

it("is inconclusive where nobody knows whether it forwards", () => {
  expect(judged({ action: "fill", phase: "unknown" })).toMatchObject({ verdict: "inconclusive" });
});
