import { describe, expect, it } from "vitest";
import { catalogueOf } from "#testing/catalogue.ts";
import { PlanError } from "./problems.ts";
import { readScenario } from "./scenario-file.ts";

const metrics = ["load.availability", "load.p95", "telemetry.lost"];
const loaded = "{ stage: only, loads: [ mqtt.connect-storm ] }";

function read(expects: string, stage = loaded) {
  const text = `scenario: s\ntitle: A load\nstages: [ ${stage} ]\nexpects: [ ${expects} ]\n`;
  return readScenario({ text, file: "plan.yaml" }, catalogueOf(), { metrics });
}

function problemsOf(expects: string, stage?: string): readonly string[] {
  try {
    read(expects, stage);
  } catch (error) {
    if (error instanceof PlanError) return error.problems.map(({ message }) => message);
    throw error;
  }
  return [];
}

describe("expectations of loads", () => {
  it("are read in the unit of their metric, and need no fleet", () => {
    const expects = "{ metric: load.p95, atMost: 300ms }, { metric: load.availability, atLeast: 99% }";
    expect(read(expects).expects).toEqual([
      { metric: "load.p95", atMost: 300 },
      { metric: "load.availability", atLeast: 0.99 },
    ]);
    expect(problemsOf("{ metric: load.p95, atMost: 0.3 }")).toEqual([
      "0.3 is not a time; write for example 12s or 500ms",
    ]);
  });

  it("are a mistake in a plan without load", () => {
    expect(problemsOf("{ metric: load.p95, atMost: 300ms }", "{ stage: only, lasts: 1s }")).toEqual([
      "load.p95 can never be measured here: the plan has no load",
    ]);
  });

  it("do not bring a fleet that other metrics need", () => {
    expect(problemsOf("{ metric: telemetry.lost, atMost: 1% }")).toEqual([
      "telemetry.lost can never be measured here: the plan has no fleet",
    ]);
  });
});
