import { describe, expect, it } from "vitest";
import type { Product } from "#contract/product.ts";
import { recordOf } from "#testing/record.ts";
import { impactDeclared } from "./impact-declared.ts";

const product: Product = {
  id: "p",
  title: "P",
  use: "locks a door",
  environment: "outdoors",
  impact: { safety: 2, availability: 2, data: 1, fleet: 0 },
  reasons: { safety: "burglary", availability: "locked out", data: "when people are home", fleet: "few units" },
  floors: [],
  notApplicable: [],
  declared: {},
};

const judge = (changes: Partial<Product>) =>
  impactDeclared.judge(recordOf([], { product: { ...product, ...changes } }));

describe("impact-declared", () => {
  it("passes a full declaration, as a statement and no more", () => {
    expect(judge({})).toMatchObject({ verdict: "pass", rung: "D0" });
  });

  it.each([
    ["a reason for each level", { reasons: { ...product.reasons, fleet: " " } }, "fleet"],
    ["the use", { use: "" }, "use"],
    ["the environment", { environment: "  " }, "environment"],
    [
      "levels that agree with what the device can do",
      { floors: [{ dimension: "safety", level: 2, because: "it can unlock" }] as const },
      "because it can unlock",
    ],
  ])("asks for %s", (_, changes, word) => {
    const answer = judge(changes);
    expect(answer.verdict).toBe("fail");
    expect(answer.says).toContain(word);
  });

  it("is not tested without a product", () => {
    expect(impactDeclared.judge(recordOf([])).verdict).toBe("not-tested");
  });
});
