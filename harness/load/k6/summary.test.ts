import { expect, it } from "vitest";
import { type K6Summary, thresholdsIn, valuesIn } from "./summary.ts";

function summaryOf(metrics: K6Summary["metrics"]): K6Summary {
  return { metrics, root_group: { checks: [] } };
}

it("tells each threshold with what was measured", () => {
  const summary = summaryOf({
    mqtt_connect_ms: {
      type: "trend",
      values: { "p(95)": 12.34567, max: 99, count: 20 },
      thresholds: { "p(95) <10": { ok: false }, "max<200": { ok: true } },
    },
    mqtt_cut: { type: "counter", values: { count: 3, rate: 0.1 }, thresholds: { "count<10": { ok: true } } },
    iterations: { type: "counter", values: { count: 9 } },
  });
  const asked = { mqtt_connect_ms: ["p(95) <10", "max<200"], mqtt_cut: ["count<10"] };
  expect(thresholdsIn(summary, asked)).toEqual([
    { metric: "mqtt_connect_ms", expression: "p(95) <10", held: false, measured: "p(95) = 12.346" },
    { metric: "mqtt_connect_ms", expression: "max<200", held: true, measured: "max = 99" },
    { metric: "mqtt_cut", expression: "count<10", held: true, measured: "count = 3" },
  ]);
});

it("does not let a threshold hold on times or shares that nobody measured", () => {
  const summary = summaryOf({
    mqtt_resume_ms: { type: "trend", values: { count: 0, max: 0 }, thresholds: { "max<9": { ok: true } } },
    mqtt_resume_ok: { type: "rate", values: { passes: 0, fails: 0, rate: 0 }, thresholds: { "rate>=0": { ok: true } } },
    mqtt_cut: { type: "counter", values: { count: 0 }, thresholds: { "count<1": { ok: true } } },
  });
  const asked = {
    mqtt_resume_ms: ["max<9"],
    mqtt_resume_ok: ["rate>=0"],
    mqtt_publish_ms: ["max<9"],
    mqtt_cut: ["count<1"],
  };
  expect(thresholdsIn(summary, asked).map(({ held, measured }) => [held, measured])).toEqual([
    [false, "nothing was measured"],
    [false, "nothing was measured"],
    [false, "nothing was measured"],
    [true, "count = 0"],
  ]);
});

it("gives values to three places", () => {
  const summary = summaryOf({ iterations: { type: "counter", values: { count: 3, rate: 0.123456 } } });
  expect(valuesIn(summary)).toEqual({ iterations: { count: 3, rate: 0.123 } });
});
