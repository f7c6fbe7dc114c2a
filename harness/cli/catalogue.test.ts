import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { anyOutage } from "#contract/check.ts";
import { catalogueChecks } from "#reports/principles/principles.ts";
import { loadCatalogue } from "./catalogue.ts";
import { explanationOf } from "./explain.ts";
import { casesOf } from "./kill-matrix.ts";

const catalogue = await loadCatalogue();
const { attacks, disruptions, loads, devices, checks, freeChecks } = catalogue;
const twinned = new Set(casesOf(catalogue).map(({ check }) => check.id));
/** Says which layers the trial attacked; no knob of a product can change that (docs/decisions.md). */
const ofTheTrial = "layers-attacked";

describe.each([...attacks.values()])("the attack $id", (attack) => {
  it("lies in the file that its id names", () => {
    const path = attack.id.replace(/^campaign\./, "campaigns/").replace(".", "/");
    expect(existsSync(`attacks/${path}.ts`)).toBe(true);
  });

  it("has a safe default for every parameter, and an end", () => {
    const parameters = attack.parameters.parse({});
    expect(attack.atMostMs(parameters)).toBeGreaterThan(0);
    expect(attack.atMostMs(parameters)).toBeLessThanOrEqual(900_000);
  });

  it("is judged by checks of its own, and cites what it is known by", () => {
    expect(attack.checks.length).toBeGreaterThan(0);
    expect(attack.references.cwe.every((id) => /^CWE-\d+$/.test(id))).toBe(true);
  });

  it("can be explained", () => {
    expect(explanationOf(attack.id, catalogue).join("\n")).toContain(attack.title);
  });
});

describe.each([...disruptions.values()])("the disruption $id", (disruption) => {
  it("lies in the file that its id names, and ends", () => {
    expect(existsSync(`attacks/disruptions/${disruption.id}.ts`)).toBe(true);
    expect(disruption.lastsMs(disruption.parameters.parse({}))).toBeLessThan(60_000);
  });
});

describe.each([...loads.values()])("the load $id", (load) => {
  it("lies in the file that its id names, and has a safe default for every parameter, and an end", () => {
    expect(existsSync(`harness/load/${load.id.replace("mqtt.", "")}.ts`)).toBe(true);
    const parameters = load.parameters.parse({});
    expect(load.clients(parameters)).toBeLessThanOrEqual(100);
    expect(load.lastsMs(parameters)).toBeLessThanOrEqual(60_000);
  });
});

describe.each([...devices.values()])("the device $id", (device) => {
  it("lies in the file that its id names, and offers the hardened value of each knob first", () => {
    expect(existsSync(`simulator/devices/${device.id}.ts`)).toBe(true);
    const knobs = device.behaviours.flatMap((behaviour) => Object.values(behaviour.knobs));
    expect(knobs.every(({ values }) => new Set(values).size === values.length)).toBe(true);
    expect(device.keepAliveS).toBeGreaterThan(0);
  });
});

describe.each(checks)("the check $id", (check) => {
  it("covers a check of the catalogue, and says what to do", () => {
    expect(catalogueChecks.has(check.covers)).toBe(true);
    expect(check.asks).toMatch(/\?$/);
    expect(check.remedy.length).toBeGreaterThan(40);
  });

  it("has a twin that it must fail on, unless it asks about the trial itself", () => {
    expect(twinned.has(check.id)).toBe(check.id !== ofTheTrial);
  });

  it("needs only attacks, disruptions and loads that exist", () => {
    const known = new Set([anyOutage, ...attacks.keys(), ...disruptions.keys(), ...loads.keys()]);
    expect(check.needs.filter((id) => !known.has(id))).toEqual([]);
  });
});

it("has no two units of the same id", () => {
  const units = [attacks, disruptions, loads, devices].flatMap((kind) => Array.from(kind.keys()));
  const ids = [...units, ...checks.map(({ id }) => id)];
  expect(new Set(ids).size).toBe(ids.length);
  expect(freeChecks.size).toBeGreaterThan(0);
});
