import { describe, expect, it } from "vitest";
import { together } from "#contract/judging.ts";
import type { CatalogueResult, Report } from "#contract/report.ts";
import { recordOf } from "#testing/record.ts";
import { sampleLoadRun } from "#testing/sample-load.ts";
import { checkOf, sampleChecks, sampleProduct, sampleRun } from "#testing/sample-run.ts";
import { judge } from "./judge.ts";

const all = ({ principles }: Report) =>
  principles.flatMap(({ practices }) => practices.flatMap(({ checks }) => checks));
const find = (report: Report, id: string): CatalogueResult | undefined =>
  all(report).find((result) => result.id === id);
const pass = { verdict: "pass", says: "fine" } as const;
const fail = { verdict: "fail", says: "broken" } as const;

const because = (id: string, checks = sampleChecks, record = sampleRun()) => find(judge(record, checks), id)?.because;

describe("judge", () => {
  const report = judge(sampleRun(), sampleChecks, { historyDigest: "abc" });

  it("gives the same bytes for the same record", () => {
    expect(JSON.stringify(judge(sampleRun(), sampleChecks, { historyDigest: "abc" }))).toBe(JSON.stringify(report));
  });

  it("reports all 22 practices and 71 checks, whatever was run", () => {
    expect(report.principles.flatMap(({ practices }) => practices)).toHaveLength(22);
    expect(all(report)).toHaveLength(71);
    expect(all(judge(recordOf([]), []))).toHaveLength(71);
  });

  it("counts every check of the catalogue once, those out of reach apart", () => {
    expect(report.counts).toEqual({
      pass: 7,
      fail: 2,
      inconclusive: 1,
      "not-tested": 56,
      "not-applicable": 1,
      error: 1,
    });
    expect(report.outOfReach.checks).toEqual([
      "P1.3/runs-only-authentic-image",
      "P1.3/keys-not-in-plain-storage",
      "P1.3/debug-port-closed",
    ]);
    expect(report.outOfReach.weightShare).toBeCloseTo(25 / 455, 10);
  });

  it("splits every principle into shares that add up to all", () => {
    for (const { shares } of report.principles)
      expect(shares.proven + shares.failed + shares.unproven).toBeCloseTo(1, 12);
    expect(report.principles[0]?.shares).toEqual({ proven: 0.35, failed: 0, unproven: 0.65 });
  });

  it("scores only an assessment", () => {
    const { product, ...header } = sampleRun().header;
    const single = judge({ header, history: sampleRun().history }, sampleChecks);
    expect(product).toBeDefined();
    expect(report.score).toBeDefined();
    expect(single.score).toBeUndefined();
    expect(all(single).some(({ pointsLost }) => pointsLost !== undefined)).toBe(false);
  });

  it("gives no letter where an attack of the plan was skipped, and says which", () => {
    expect(report.score).toMatchObject({
      ungradedBecause: expect.stringContaining("mqtt.password-guessing was skipped: the target gives no victim"),
    });
    expect(report.score).not.toHaveProperty("letter");
  });

  it("tells why a check is not tested", () => {
    expect(because("P2.3/rejects-rollback")).toBe("no check of seatrial covers this yet");
    expect(because("P1.1/online-guessing-impractical")).toMatch(/^mqtt.password-guessing was skipped/);
    const unplanned = checkOf(
      "x",
      "P2.3/rejects-rollback",
      { verdict: "not-tested", says: "" },
      "attack:updates.rollback",
    );
    expect(because("P2.3/rejects-rollback", [unplanned])).toBe("not in the plan: updates.rollback");
    const idle = checkOf("y", "P2.3/rejects-rollback", { verdict: "not-tested", says: "" });
    expect(because("P2.3/rejects-rollback", [idle])).toBe("the run held nothing to judge it by");
  });

  it("tells what brings the generator of a load that was skipped, and takes a load for planned", () => {
    const covers = "P1.4/essential-function-under-flood";
    const check = { ...checkOf("x", covers, { verdict: "not-tested", says: "" }), needs: ["mqtt.session-resume"] };
    expect(because(covers, [check], sampleLoadRun())).toBe(
      "mqtt.session-resume was skipped: k6 is not installed; run: npm run setup:k6",
    );
    const idle = { ...check, needs: ["mqtt.publish-fan-in"] };
    expect(because(covers, [idle], sampleLoadRun())).toBe("the run held nothing to judge it by");
  });

  it("reports loads, their thresholds among the expectations, and what the target used", () => {
    const loaded = judge(sampleLoadRun({ expects: [] }), []);
    expect(loaded.loads.map(({ load }) => load)).toEqual([
      "mqtt.publish-fan-in",
      "mqtt.connect-storm",
      "mqtt.session-resume",
    ]);
    expect(loaded.expectations.map(({ verdict }) => verdict)).toEqual(["pass", "fail", "inconclusive", "not-tested"]);
    expect(loaded.verdict).toBe("fail");
    expect(loaded.resources).toHaveLength(30);
    expect(report.loads).toEqual([]);
    expect(report).not.toHaveProperty("resources");
  });

  it("takes several checks for one of the catalogue together, with the lowest credit", () => {
    const covers = "P1.1/closed-by-default";
    const result = find(judge(sampleRun(), [checkOf("a", covers, pass), checkOf("b", covers, fail)]), covers);
    expect(result).toMatchObject({ verdict: "fail", credit: { low: 0, high: 0 } });
    expect(result?.findings).toHaveLength(2);
  });

  it("sets apart what the product's facts rule out, unless it fails all the same", () => {
    const id = "P2.2/mixed-versions-stay-safe";
    expect(find(report, id)).toMatchObject({
      verdict: "not-applicable",
      because: "the product has one image and no co-processor",
    });
    expect(report.notApplicable).toEqual({ checks: [id], weightShare: 5 / 455 });
    expect(find(judge(sampleRun(), [checkOf("x", id, fail)]), id)?.verdict).toBe("fail");
  });

  it("brings within reach what a physical target without a simulated fleet can answer", () => {
    const target = { id: "mqtt://10.0.0.1", product: "hub", fidelity: "physical" } as const;
    expect(judge(sampleRun({ target, fleets: [] }), []).outOfReach.checks).toEqual([]);
    expect(judge(sampleRun({ target }), []).outOfReach.checks).toHaveLength(3);
    expect(judge(sampleRun({ target: { ...target, fidelity: "emulated" }, fleets: [] }), []).outOfReach.checks).toEqual(
      ["P1.3/debug-port-closed"],
    );
  });

  it.each(["running", "aborted", "failed"] as const)(
    "is at best inconclusive where the run is %s, and gives no letter",
    (state) => {
      const cut = judge(sampleRun({ state, expects: [] }), [checkOf("x", "P1.1/closed-by-default", pass)]);
      expect(cut.verdict).toBe("inconclusive");
      expect(cut.score?.ungradedBecause).toBe("the assessment did not come to its end");
      expect(judge(recordOf([], { state }), []).verdict).toBe("inconclusive");
      expect(judge(sampleRun({ state, expects: [] }), [checkOf("x", "P1.1/closed-by-default", fail)]).verdict).toBe(
        "fail",
      );
    },
  );

  it("lets a broken expectation fail the run", () => {
    const checks = [checkOf("x", "P1.1/closed-by-default", pass)];
    expect(judge(sampleRun({ expects: [] }), checks).verdict).toBe("pass");
    expect(judge(sampleRun({ expects: [{ metric: "recovery.t90", atMost: 1 }] }), checks).verdict).toBe("fail");
  });

  it("raises the level by the product's impact and leaves it at none without a product", () => {
    expect(find(report, "P3.3/no-lateral-command")?.level).toBe(2);
    expect(find(judge(recordOf([]), []), "P3.3/no-lateral-command")?.level).toBe(0);
  });

  it("refuses a check that covers what the catalogue does not hold", () => {
    expect(() => judge(recordOf([]), [checkOf("x", "P9.9/nothing", pass)])).toThrow('check x covers "P9.9/nothing"');
  });

  it("grades a plan in which all is proven", () => {
    const everything = all(report).map(({ id }, at) => checkOf(`c${at}`, id, pass));
    const product = { ...sampleProduct, notApplicable: [] };
    const whole = judge(sampleRun({ product, stages: [], expects: [] }), everything);
    expect(whole.score).toEqual({ proven: 100, possible: 100, coverage: 1, gates: [], letter: "A·sim" });
    expect(together(whole.principles.map(({ verdict }) => verdict))).toBe("pass");
  });
});
