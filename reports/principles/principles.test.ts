import { describe, expect, it } from "vitest";
import { catalogueChecks, principles } from "./principles.ts";

const practices = principles.principles.flatMap((principle) => principle.practices);

describe("the catalogue", () => {
  it("holds six principles, 22 practices and 71 checks, each id once", () => {
    expect(principles.principles.map(({ id }) => id)).toEqual(["P1", "P2", "P3", "P4", "P5", "P6"]);
    expect(practices).toHaveLength(22);
    expect(practices.flatMap(({ checks }) => checks)).toHaveLength(71);
    expect(catalogueChecks.size).toBe(71);
  });

  it("says beside each principle what it asks", () => {
    for (const { question } of principles.principles) expect(question).toMatch(/\?$/);
  });

  it.each([
    [10, "critical", 9],
    [7.5, "high", 28],
    [5, "medium", 28],
    [2.5, "low", 6],
  ] as const)("weighs %d for %s, which %d checks are", (weight, criticality, count) => {
    expect(principles.scoring.weights[criticality]).toBe(weight);
    expect([...catalogueChecks.values()].filter((check) => check.criticality === criticality)).toHaveLength(count);
  });
});

describe.each(practices.map((practice) => [practice.id, practice] as const))("%s", (id, practice) => {
  it("belongs to the principle that its id names", () => {
    const owner = principles.principles.find((principle) => principle.practices.includes(practice));
    expect(id.startsWith(`${owner?.id}.`)).toBe(true);
  });

  it("points to no catalogue without an id, and marks as uncertain only ids that it lists", () => {
    for (const { ids, uncertain } of practice.crosswalk) {
      expect(ids.length).toBeGreaterThan(0);
      expect(ids).toEqual(expect.arrayContaining([...uncertain]));
    }
  });

  it.each(practice.checks.map((check) => [check.id, check] as const))("owns %s, fit to be judged", (checkId, check) => {
    expect(checkId.startsWith(`${id}/`)).toBe(true);
    expect(check.asserts).not.toMatch(/[.]$/);
    expect(check.requiredRung === "T").toBe(check.evidence === "dynamic" && checkId !== "P5.3/sbom-matches-artefact");
  });
});
