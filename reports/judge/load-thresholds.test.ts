import { describe, expect, it } from "vitest";
import type { JsonObject } from "#contract/observation.ts";
import type { RunHeader } from "#contract/record.ts";
import { keptUp, type LoadTold, linked, loadLines, published } from "#testing/load-lines.ts";
import { historyOf, type Line, recordOf } from "#testing/record.ts";
import { thresholdResults } from "./load-thresholds.ts";

const load = "mqtt.connect-storm";
const actor = `load:${load}` as const;
const metric = "mqtt_connect_ms";
const threshold = (detail: JsonObject) => ({
  action: "load.threshold",
  detail: { metric, expression: "p(95)<300", held: true, measured: "212 ms", ...detail },
});

const stage = (name: string, expression: string) => ({
  name,
  attacks: [],
  disruptions: [],
  loads: [{ id: load, parameters: { thresholds: { [metric]: [expression] } } }],
});

function resultsOf(
  told: Partial<LoadTold>,
  thresholds: JsonObject = { [metric]: ["p(95)<300"] },
  header: Partial<RunHeader> = {},
  beside: readonly (Line & { readonly atMs: number })[] = [],
) {
  const lines = linked([...loadLines({ actor, seconds: [published(10)], ...told }), ...beside]);
  const stages = [{ name: "load", attacks: [], disruptions: [], loads: [{ id: load, parameters: { thresholds } }] }];
  return thresholdResults(recordOf(historyOf(lines), { stages, ...header }));
}

describe("thresholdResults", () => {
  it.each([
    [true, "pass"],
    [false, "fail"],
  ] as const)("tells a threshold as the generator judged it: %s", (held, verdict) => {
    expect(resultsOf({ notes: [threshold({ held })] })).toEqual([
      { metric: "mqtt.connect-storm: mqtt_connect_ms", bound: "p(95)<300", says: "mqtt_connect_ms: 212 ms", verdict },
    ]);
  });

  it("judges thresholds that the plan does not name too, and a record that tells no plan", () => {
    expect(resultsOf({ notes: [threshold({})] }, {})).toMatchObject([{ verdict: "pass" }]);
    expect(resultsOf({ notes: [threshold({})] }, {}, { stages: [] })).toMatchObject([{ verdict: "pass" }]);
  });

  it.each<[string, Partial<LoadTold>]>([
    [
      "the numbers need not be the target's: the generator used 2 of 2 cores",
      { generator: { ...keptUp, healthy: false, because: "The generator used 2 of 2 cores." } },
    ],
    ["the generator did not tell whether it kept up", { generator: "silent" }],
    ["the load did not come to its end", { ended: "unknown" }],
  ])("is inconclusive, held or not, where %s", (because, told) => {
    for (const held of [true, false]) {
      const [result] = resultsOf({ ...told, notes: [threshold({ held })] });
      expect(result).toMatchObject({ verdict: "inconclusive" });
      expect(result?.says).toContain(because);
      expect(result?.says).toContain("212 ms");
    }
  });

  it("never passes silently over a threshold that nobody judged", () => {
    expect(resultsOf({ notes: [threshold({})] }, { [metric]: ["p(95)<300", "max < 900"] })).toMatchObject([
      { bound: "p(95)<300", verdict: "pass" },
      {
        bound: "max < 900",
        verdict: "inconclusive",
        says: "mqtt_connect_ms: the generator did not say whether it was kept",
      },
    ]);
    expect(resultsOf({ ended: "never" })).toMatchObject([
      { verdict: "inconclusive", says: "mqtt_connect_ms: the load did not come to its end" },
    ]);
    const stages = [
      {
        name: "a",
        attacks: [],
        disruptions: [],
        loads: [{ id: "mqtt.other", parameters: { thresholds: { x: "rate>0" } } }],
      },
    ];
    expect(resultsOf({}, {}, { stages, state: "aborted" })).toMatchObject([
      { metric: "mqtt.other: x", verdict: "inconclusive", says: "x: the run ended before the load began" },
    ]);
  });

  it("knows an expression again however it is spaced", () => {
    expect(resultsOf({ notes: [threshold({})] }, { [metric]: ["p(95) < 300"] })).toHaveLength(1);
  });

  it("is not tested where the load was skipped, with the command that brings its generator", () => {
    const detail = { because: "k6 was not found", bring: "npm run setup:k6" };
    const skipped = { actor, action: "load.skipped", phase: "noted", detail, atMs: 1 } as const;
    expect(resultsOf({ seconds: [], generator: "silent" }, undefined, {}, [skipped])).toMatchObject([
      { verdict: "not-tested", says: "mqtt_connect_ms: k6 was not found; run: npm run setup:k6" },
    ]);
  });

  it("tells the second use of a load from the first", () => {
    const again = loadLines({
      actor: `${actor}#2`,
      fromMs: 5_000,
      seconds: [published(1)],
      notes: [threshold({ held: false })],
    });
    expect(
      resultsOf({}, {}, { stages: [stage("a", "max<1"), stage("b", "p(95)<300")] }, again).map((each) => [
        each.metric,
        each.bound,
        each.verdict,
      ]),
    ).toEqual([
      ["mqtt.connect-storm: mqtt_connect_ms", "max<1", "inconclusive"],
      ["mqtt.connect-storm#2: mqtt_connect_ms", "p(95)<300", "fail"],
    ]);
  });

  it("lets none count as kept in a run that did not complete", () => {
    const [held] = resultsOf({ notes: [threshold({})] }, undefined, { state: "aborted" });
    expect(held).toMatchObject({
      verdict: "inconclusive",
      says: "mqtt_connect_ms: 212 ms, but the run did not complete",
    });
    const [broken] = resultsOf({ notes: [threshold({ held: false })] }, undefined, { state: "aborted" });
    expect(broken?.verdict).toBe("fail");
  });

  it("says nothing of a run without loads", () => {
    expect(thresholdResults(recordOf([]))).toEqual([]);
  });
});
