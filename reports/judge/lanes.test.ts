import { describe, expect, it } from "vitest";
import type { Lane } from "#contract/report.ts";
import { historyOf } from "#testing/record.ts";
import { sampleHistory } from "#testing/sample-run.ts";
import { lanesOf } from "./lanes.ts";

const brief = (lanes: readonly Lane[]) => lanes.map(({ actor, label, fromMs, toMs }) => [actor, label, fromMs, toMs]);

describe("lanesOf", () => {
  it("finds the stages, every beat of every attack, and disruptions from imposing to lifting", () => {
    expect(brief(lanesOf(sampleHistory()))).toEqual([
      ["lab:engine", "settle", 2_000, 3_900],
      ["lab:engine", "attacks", 4_000, 33_000],
      ["attack:mqtt.anonymous-connect", "control", 4_000, 4_400],
      ["attack:mqtt.anonymous-connect", "launch", 4_800, 6_000],
      ["attack:mqtt.anonymous-connect", "recovery", 6_400, 6_800],
      ["attack:mqtt.topic-snoop", "control", 12_000, 12_400],
      ["attack:mqtt.topic-snoop", "launch", 12_800, 14_400],
      ["attack:mqtt.topic-snoop", "recovery", 14_800, 15_200],
      ["attack:mqtt.connect-flood", "control", 20_000, 20_400],
      ["attack:mqtt.connect-flood", "launch", 20_800, 22_000],
      ["attack:mqtt.connect-flood", "recovery", 22_400, 22_800],
      ["lab:engine", "outages", 34_000, 89_000],
      ["disruption:broker-restart", "in force", 34_000, 39_020],
      ["disruption:link-cut", "in force", 62_000, 68_020],
    ]);
  });

  it("finds loads, from their first packet to their last", () => {
    const history = historyOf([
      { actor: "load:mqtt.connect-storm", action: "load", phase: "attempt", atMs: 50 },
      { actor: "load:mqtt.connect-storm", action: "load", phase: "ok", attempt: 0, atMs: 700 },
    ]);
    expect(lanesOf(history)).toMatchObject([{ label: "load", kind: "load", fromMs: 50, toMs: 700 }]);
  });

  it("draws what the end of the history cut off up to that end", () => {
    const history = historyOf([
      { actor: "attack:mqtt.a", action: "launch", phase: "attempt", atMs: 100 },
      { actor: "disruption:cut", action: "impose", phase: "attempt", atMs: 200 },
      { actor: "disruption:cut", action: "impose", phase: "ok", attempt: 1, atMs: 210 },
      { actor: "disruption:cut", action: "imposed", phase: "noted", atMs: 211 },
      { actor: "lab:engine", action: "note", phase: "noted", atMs: 900 },
    ]);
    expect(brief(lanesOf(history))).toEqual([
      ["attack:mqtt.a", "launch", 100, 900],
      ["disruption:cut", "in force", 200, 900],
    ]);
  });

  it("ends a disruption that could not be imposed where the attempt ended", () => {
    const history = historyOf([
      { actor: "disruption:cut", action: "impose", phase: "attempt", atMs: 200 },
      { actor: "disruption:cut", action: "impose", phase: "unknown", attempt: 0, atMs: 250 },
      { actor: "lab:engine", action: "note", phase: "noted", atMs: 900 },
    ]);
    expect(brief(lanesOf(history))).toEqual([["disruption:cut", "in force", 200, 250]]);
  });

  it("draws nothing of an attack that was skipped", () => {
    expect(lanesOf(historyOf([{ actor: "attack:mqtt.a", action: "skipped", phase: "noted" }]))).toEqual([]);
  });
});
