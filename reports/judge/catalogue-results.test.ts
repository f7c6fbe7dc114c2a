import { expect, it } from "vitest";
import type { Check, Verdict } from "#contract/check.ts";
import { recordOf } from "#testing/record.ts";
import { catalogueResults } from "./catalogue-results.ts";

const covers = "P1.4/essential-function-under-flood";
const checkOf = (id: string, verdict: Verdict, more: Partial<Check> = {}): Check => ({
  id,
  asks: "Is it?",
  covers,
  remedy: "Change it.",
  needs: ["mqtt.connect-storm"],
  judge: () => ({ verdict, says: "", evidence: [] }),
  ...more,
});

const verdictOf = (loads: readonly string[], ...checks: readonly Check[]) => {
  const stage = { name: "s", attacks: [], disruptions: [], loads: loads.map((id) => ({ id, parameters: {} })) };
  const placed = catalogueResults(recordOf([], { stages: [stage] }), checks);
  return placed.find(({ result }) => result.id === covers)?.result.verdict;
};

it("lets answers stand beside further evidence that no plan set out to get, and not beside what was left out", () => {
  const passed = checkOf("a", "pass");
  expect(verdictOf([], passed, checkOf("b", "not-tested", { isFurther: true }))).toBe("pass");
  expect(verdictOf(["mqtt.connect-storm"], passed, checkOf("b", "not-tested", { isFurther: true }))).toBe(
    "inconclusive",
  );
  expect(verdictOf([], passed, checkOf("b", "not-tested"))).toBe("inconclusive");
  expect(verdictOf(["mqtt.connect-storm"], passed, checkOf("b", "fail", { isFurther: true }))).toBe("fail");
});
