import { describe, expect, it } from "vitest";
import type { Expectation } from "#contract/record.ts";
import type { Recovery } from "#contract/report.ts";
import { historyOf } from "#testing/record.ts";
import { expectationResults } from "./expectations.ts";
import type { Measured } from "./metric.ts";
import { metrics } from "./metrics.ts";

const recovery: Recovery = {
  actor: "disruption:a",
  title: "A",
  liftedAtMs: 0,
  devices: 10,
  t50Ms: 500,
  t90Ms: 7_200,
  watchedMs: 20_000,
  curve: [],
  peakTenth: 0.3,
};
const measured: Measured = {
  history: historyOf([
    { actor: "lab:engine", action: "fleet.settled", phase: "noted", atMs: 2_000 },
    {
      actor: "device:a",
      action: "fleet.telemetry",
      phase: "noted",
      detail: { produced: 600, buffered: 100, delivered: 490, lost: 10 },
    },
    {
      actor: "device:b",
      action: "fleet.telemetry",
      phase: "noted",
      detail: { produced: 500, buffered: 0, delivered: 490, lost: 12 },
    },
  ]),
  health: [
    { atMs: 1_000, connected: 0, functioning: 0 },
    { atMs: 2_000, connected: 0.8, functioning: 0.7 },
  ],
  recoveries: [recovery],
  loads: [],
};
const only = (
  expectation: Expectation,
  changes: Partial<Measured> = {},
  state: "completed" | "aborted" = "completed",
) => expectationResults([expectation], { ...measured, ...changes }, state)[0];

describe("expectationResults", () => {
  it("measures every metric that a scenario may name", () => {
    expect(metrics).toEqual([
      "recovery.t50",
      "recovery.t90",
      "recovery.t99",
      "recovery.peak",
      "telemetry.lost",
      "connected.lowest",
      "functioning.lowest",
      "load.availability",
      "load.p50",
      "load.p95",
      "load.p99",
    ]);
  });

  it.each<[Expectation, object]>([
    [
      { metric: "recovery.t90", atMost: 7_200 },
      { verdict: "pass", measured: 7_200, bound: "at most 7.2 s" },
    ],
    [
      { metric: "recovery.t90", atMost: 7_199 },
      { verdict: "fail", measured: 7_200 },
    ],
    [
      { metric: "recovery.peak", atMost: 0.3 },
      { verdict: "pass", measured: 0.3, bound: "at most 30 %" },
    ],
    [{ metric: "telemetry.lost", atMost: 0.02 }, { verdict: "pass" }],
    [{ metric: "telemetry.lost", atMost: 0.0199 }, { verdict: "fail" }],
    [
      { metric: "connected.lowest", atLeast: 0.8 },
      { verdict: "pass", measured: 0.8 },
    ],
    [
      { metric: "connected.lowest", atLeast: 0.81 },
      { verdict: "fail", measured: 0.8 },
    ],
    [
      { metric: "functioning.lowest", atLeast: 0.1, atMost: 0.6 },
      { verdict: "fail", bound: "at least 10 %, at most 60 %" },
    ],
    [
      { metric: "recovery.t95", atMost: 1 },
      { verdict: "error", says: 'there is no metric "recovery.t95"' },
    ],
  ])("holds the run against %j", (expectation, expected) => {
    expect(only(expectation)).toMatchObject(expected);
  });

  it("takes what was not back within a longer watch than the bound for a failure, and within a shorter one for unknown", () => {
    expect(only({ metric: "recovery.t99", atMost: 20_000 })).toMatchObject({
      verdict: "fail",
      says: "not reached within 20 s",
    });
    expect(only({ metric: "recovery.t99", atMost: 20_001 })?.verdict).toBe("inconclusive");
    expect(only({ metric: "recovery.t99", atLeast: 10_000 })?.verdict).toBe("pass");
  });

  it("takes the slowest of several recoveries", () => {
    const recoveries = [recovery, { ...recovery, t50Ms: 900 }];
    expect(only({ metric: "recovery.t50", atMost: 800 }, { recoveries })).toMatchObject({
      verdict: "fail",
      measured: 900,
    });
  });

  it("knows nothing about telemetry that no witness counted", () => {
    const history = historyOf([
      { actor: "device:a", action: "fleet.telemetry", phase: "noted", detail: { produced: 10, buffered: 0 } },
    ]);
    expect(only({ metric: "telemetry.lost", atMost: 1 }, { history })?.verdict).toBe("not-tested");
  });

  it("knows nothing about a run without fleet, outage or load", () => {
    const empty = { history: [], health: [], recoveries: [], loads: [] };
    for (const metric of metrics) expect(only({ metric, atMost: 1 }, empty)?.verdict).toBe("not-tested");
  });

  it("lets no bound count as kept in a run that did not complete", () => {
    expect(only({ metric: "recovery.t90", atMost: 8_000 }, {}, "aborted")?.verdict).toBe("inconclusive");
    expect(only({ metric: "recovery.t90", atMost: 1 }, {}, "aborted")?.verdict).toBe("fail");
  });
});
