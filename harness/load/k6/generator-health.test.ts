import { describe, expect, it } from "vitest";
import { histogramOf } from "#contract/latency.ts";
import { type GeneratorFacts, healthOf } from "./generator-health.ts";

const well: GeneratorFacts = {
  iterations: 1_000,
  dropped: 0,
  cores: [0.4, 0.5, 0.3],
  availableCores: 2,
  late: histogramOf([1, 2, 3]),
  notBegun: 0,
  exceptions: 0,
  killed: false,
};

describe("a generator", () => {
  it("is healthy when it kept its plan, and says what was looked at", () => {
    const { healthy, because, cores, lateMs } = healthOf(well);
    expect(healthy).toBe(true);
    expect(because).toContain("0 iterations were dropped, it used 0.5 processor cores");
    expect(cores).toEqual({ used: 0.5, of: 2 });
    expect(lateMs).toBeCloseTo(3, 0);
  });

  it("may drop one iteration in a thousand", () => {
    expect(healthOf({ ...well, iterations: 9_999, dropped: 1 })).toMatchObject({ healthy: true, dropped: 1 });
  });

  it("is not ill from one busy second among many", () => {
    expect(healthOf({ ...well, cores: [...Array.from({ length: 30 }, () => 0.5), 2] }).healthy).toBe(true);
  });

  it.each<[string, Partial<GeneratorFacts>, string]>([
    ["dropped iterations", { dropped: 20 }, "20 of 1020 iterations could not begin"],
    ["had no processor to spare", { cores: [1.8, 1.9, 1.9] }, "it used 1.9 of 2 processor cores"],
    ["was late", { late: histogramOf([5, 200, 300]) }, "more than 100 ms"],
    ["ran out of files or ports", { notBegun: 7 }, "7 connections had no file or port left"],
    [
      "failed itself",
      { exceptions: 2, firstException: "TypeError: x" },
      "2 errors inside its scripts, such as: TypeError: x",
    ],
    ["had to be killed", { killed: true }, "was killed before it could sum up"],
  ])("is not healthy when it %s", (_what, facts, because) => {
    expect(healthOf({ ...well, ...facts })).toMatchObject({ healthy: false });
    expect(healthOf({ ...well, ...facts }).because).toContain(because);
  });

  it("is judged by the rest where the system does not tell processor use", () => {
    expect(healthOf({ ...well, cores: [] })).not.toHaveProperty("cores");
    expect(healthOf({ ...well, cores: [] }).healthy).toBe(true);
  });
});
