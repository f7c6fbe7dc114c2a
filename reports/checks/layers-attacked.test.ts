import { describe, expect, it } from "vitest";
import type { ActorId } from "#contract/observation.ts";
import type { Product } from "#contract/product.ts";
import { historyOf, type Line, recordOf } from "#testing/record.ts";
import { layersAttacked } from "./layers-attacked.ts";

const launches = (...all: readonly (readonly [layer: string, ended: "ok" | "unknown"])[]): Line[] =>
  all.flatMap(([layer, ended], at): Line[] => {
    const told = { actor: `attack:mqtt.${layer}-${at}`, action: "launch", beat: "attack" } as const;
    return [
      { ...told, phase: "attempt", detail: { layer } },
      { ...told, phase: ended, attempt: 2 * at },
    ];
  });

const lifted = (actor: ActorId): Line[] => [
  { actor, action: "lift", phase: "attempt", detail: null },
  { actor, action: "lift", phase: "ok", attempt: 0 },
];

const product: Product = {
  id: "p",
  title: "P",
  impact: { safety: 0, availability: 0, data: 0, fleet: 0 },
  reasons: {},
  floors: [],
  notApplicable: [],
  declared: {},
};

const judge = (lines: readonly Line[]) => layersAttacked.judge(recordOf(historyOf(lines), { product }));

describe("layers-attacked", () => {
  it("is not asked outside an assessment, where nobody claims to have attacked everything", () => {
    const record = recordOf(historyOf(launches(["application", "ok"])));
    expect(layersAttacked.judge(record).verdict).toBe("not-tested");
  });

  it("passes where all layers in reach of software were attacked, and does not claim the fourth", () => {
    const answer = judge(launches(["application", "ok"], ["network", "ok"], ["data", "ok"]));
    expect(answer).toMatchObject({ verdict: "pass", measure: { kind: "graded", total: 4, survived: 3, lost: 0 } });
    expect(answer.says).toContain("3 of 4 layers");
  });

  it("does not know about a layer whose attack did not come to its end", () => {
    const answer = judge(launches(["application", "ok"], ["network", "ok"], ["data", "unknown"]));
    expect(answer).toMatchObject({ verdict: "inconclusive", measure: { survived: 2 } });
    expect(answer.says).toContain("data not");
  });

  it("counts each layer once", () => {
    expect(judge(launches(["data", "ok"], ["data", "ok"]))).toMatchObject({ measure: { survived: 1 } });
  });

  it("takes a cut or slow link for an attack on the network, and a restart for none", () => {
    expect(judge(lifted("disruption:slow-link#2"))).toMatchObject({ measure: { survived: 1 } });
    expect(judge(lifted("disruption:broker-restart")).verdict).toBe("not-tested");
  });

  it("asks for the physical layer, too, where the target is physical", () => {
    const history = historyOf(launches(["application", "ok"], ["network", "ok"], ["data", "ok"]));
    const target = { id: "t", product: "p", fidelity: "physical" } as const;
    expect(layersAttacked.judge(recordOf(history, { target, product })).verdict).toBe("inconclusive");
  });
});
