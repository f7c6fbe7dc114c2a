import { describe, expect, it } from "vitest";
import { catalogueOf } from "#testing/catalogue.ts";
import { PlanError } from "./problems.ts";
import { type ProductOptions, readProduct } from "./product-file.ts";

const catalogue = catalogueOf();

const sample = `product: warm-home
title: Warm Home 2
fidelity: simulated
use: Heats a flat
environment: Homes
impact:
  safety: { level: limited, because: it cannot get hotter than 30 degrees }
  availability: { level: 1, because: people can wait }
  data: { level: none, because: it knows nothing }
  fleet: { level: 3, because: many of them }
facts: [ internet-reachable ]
units: 12000
fleet:
  - { device: thermostat, size: 20 }
  - { device: ip-camera, size: 5 }
target: { embedded: { maxConnections: 500 } }
posture: weak
notApplicable:
  - { check: P6.3/switches-work, because: it has no switches, by: A. Person, until: 2027-06-30 }
parameters:
  mqtt.half-open: { dropWithin: 6s }
  broker-restart: { downFor: 1s }
skip: [ slow-link ]
declared: { support: { until: 2031-01-01 } }
`;

const read = (text: string, options: ProductOptions = {}) =>
  readProduct({ text, file: "product.yaml" }, catalogue, options);

function problemsOf(text: string, options: ProductOptions = {}): readonly string[] {
  try {
    read(text, options);
  } catch (error) {
    if (error instanceof PlanError) return error.problems.map(({ line, message }) => `${line}: ${message}`);
    throw error;
  }
  return [];
}

describe("a valid file", () => {
  const plan = read(sample);

  it("becomes a product, and a way to assess it", () => {
    expect(plan).toMatchObject({
      product: { id: "warm-home", title: "Warm Home 2", use: "Heats a flat", environment: "Homes" },
      choice: { target: { id: "embedded" }, knobs: { maxConnections: 500 } },
      posture: "weak",
      skip: ["slow-link"],
    });
    expect(plan.fleets.map(({ size }) => size)).toEqual([20, 5]);
    expect(plan.parameters).toEqual(
      new Map([
        ["mqtt.half-open", { connections: 200, dropWithin: 6_000 }],
        ["broker-restart", { downFor: 1_000 }],
      ]),
    );
  });

  it("keeps what was declared, facts included", () => {
    expect(plan.product.declared).toEqual({
      support: { until: "2031-01-01" },
      facts: ["internet-reachable"],
      units: 12_000,
      fidelity: "simulated",
    });
  });

  it("prints who made an exception, and until when", () => {
    expect(plan.product.notApplicable).toEqual([
      { check: "P6.3/switches-work", because: "it has no switches (A. Person, until 2027-06-30)" },
    ]);
  });

  it("is raised where a fact sets a floor above what was declared, and says why", () => {
    expect(plan.product.floors).toEqual([
      { dimension: "safety", level: 2, because: "thermostat can heat" },
      { dimension: "data", level: 2, because: "ip-camera can see and hear" },
    ]);
    expect(plan.product.impact).toEqual({ safety: 2, availability: 1, data: 2, fleet: 3 });
    expect(plan.product.reasons.safety).toBe("it cannot get hotter than 30 degrees");
  });
});

const floorsWith = (facts: string, units: number) => {
  const text = sample.replace("level: 3", "level: 0").replace("units: 12000", `units: ${units}`);
  const { floors } = read(text.replace("facts: [ internet-reachable ]", `facts: [ ${facts} ]`)).product;
  return floors.slice(2).map(({ dimension, because }) => `${dimension}: ${because}`);
};

it("raises fleet by the internet or by many units, and availability by a critical function", () => {
  expect(floorsWith("", 9_999)).toEqual([]);
  expect(floorsWith("", 10_000)).toEqual(["fleet: there are 10000 units, 10000 or more"]);
  expect(floorsWith("internet-reachable", 1)).toEqual(["fleet: it can be reached from the internet"]);
  expect(floorsWith("critical-function", 1)).toEqual(["availability: it performs a critical function"]);
});

it.each([
  ["level: limited", "level: mild", '7: "level" must be 0 to 3, or one of none, limited, serious, severe'],
  ["level: 1,", "level: 4,", '8: "level" must be 0 to 3, or one of none, limited, serious, severe'],
  [", because: many of them", "", '10: fleet needs the key "because"'],
  ["  availability:", "  avalability:", '8: the impact has no key "avalability"; did you mean "availability"?'],
  [
    "internet-reachable",
    "internet-reachble",
    '11: "facts" must be one of internet-reachable, critical-function, not "internet-reachble"; did you mean "internet-reachable"?',
  ],
  ["P6.3/switches-work", "switches-work", '19: "check" must be a check of the catalogue, such as P6.3/switches-work'],
  ["2027-06-30", "2027-02-30", '19: "until" must be a date such as "2027-06-30"'],
  [
    "mqtt.half-open:",
    "mqtt.half-opn:",
    '21: there is no attack or disruption "mqtt.half-opn"; did you mean "mqtt.half-open"?',
  ],
  ["slow-link", "slow-lnk", '23: there is no attack or disruption "slow-lnk"; did you mean "slow-link"?'],
  ["dropWithin", "dropWithn", '21: mqtt.half-open has no key "dropWithn"; did you mean "dropWithin"?'],
])("finds %j turned into %j", (right, wrong, problem) => {
  expect(problemsOf(sample.replace(right, wrong))).toEqual([problem]);
});

it("needs every dimension of the impact", () => {
  expect(problemsOf(sample.replace(/^ {2}safety:.*\n/m, ""))).toEqual(['6: the impact needs the key "safety"']);
  expect(problemsOf("product: a\ntitle: b\nfleet: [ { device: thermostat, size: 1 } ]\n")).toEqual([
    '1: a product needs the key "impact"',
  ]);
});

it("knows the checks of the catalogue and the day, where it is told", () => {
  expect(problemsOf(sample, { checks: ["P6.3/switches-wrk"] })).toEqual([
    '19: the catalogue has no check "P6.3/switches-work"; did you mean "P6.3/switches-wrk"?',
  ]);
  expect(problemsOf(sample, { nowIso: "2027-06-30T20:00:00.000Z" })).toEqual([]);
  expect(problemsOf(sample, { nowIso: "2027-07-01T00:00:00.000Z" })).toEqual([
    "19: this exception lapsed on 2027-06-30",
  ]);
});
