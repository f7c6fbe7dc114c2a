import { describe, expect, it } from "vitest";
import type { Attack } from "#contract/attack.ts";
import { LabError } from "#contract/errors.ts";
import type { Scenario } from "#contract/scenario.ts";
import { catalogueOf, targetNamed } from "#testing/catalogue.ts";
import { attackOf, deviceOf } from "#testing/units.ts";
import { planAssessment } from "./assessment.ts";
import { readProduct } from "./product-file.ts";

const catalogue = catalogueOf();
const mosquitto = catalogue.targets.get("local:mosquitto");

function productWith(more = "") {
  const level = "{ level: 0, because: nothing happens }";
  const text = `product: toy
title: Toy
impact: { safety: ${level}, availability: ${level}, data: ${level}, fleet: ${level} }
fleet: [ { device: thermostat, size: 30 } ]
${more}`;
  return readProduct({ text, file: "product.yaml" }, catalogue);
}

/** `stage: units` of each stage. */
function outlineOf({ stages }: Scenario): readonly string[] {
  return stages.map(({ name, attacks, disruptions }) => {
    const ids = [...attacks.map(({ attack }) => attack.id), ...disruptions.map(({ disruption }) => disruption.id)];
    return `${name}: ${ids.join(", ")}`;
  });
}

it("plans access first beside a cut link, then each other disruption alone with restarts last, then each attack that strains alone", () => {
  expect(outlineOf(planAssessment(productWith(), catalogue))).toEqual([
    "settle: ",
    "access: mqtt.topic-snoop, link-cut",
    "slow-link: slow-link",
    "broker-restart: broker-restart",
    "mqtt.half-open: mqtt.half-open",
    "mqtt.connect-flood: mqtt.connect-flood",
  ]);
});

it("restarts a target that remembers strain before every attack that strains it", () => {
  const outline = outlineOf(planAssessment(productWith(), catalogue, mosquitto && { target: mosquitto }));
  expect(outline.slice(3)).toEqual([
    "broker-restart: broker-restart",
    "mqtt.half-open: mqtt.half-open",
    "fresh for mqtt.connect-flood: broker-restart",
    "mqtt.connect-flood: mqtt.connect-flood",
  ]);
});

it("restarts such a target also where the product skips restarts as a disruption", () => {
  const plan = planAssessment(productWith("skip: [ broker-restart ]"), catalogue, mosquitto && { target: mosquitto });
  expect(outlineOf(plan).slice(3)).toEqual([
    "fresh for mqtt.half-open: broker-restart",
    "mqtt.half-open: mqtt.half-open",
    "fresh for mqtt.connect-flood: broker-restart",
    "mqtt.connect-flood: mqtt.connect-flood",
  ]);
});

it("strains a target that cannot be restarted before all else, and first with what wants it fresh", () => {
  const target = targetNamed("mqtt://127.0.0.1");
  const attacks = [...catalogue.attacks.values()].map((attack): [string, Attack] =>
    attack.id === "mqtt.connect-flood" ? [attack.id, { ...attack, wantsFreshTarget: true }] : [attack.id, attack],
  );
  const outline = outlineOf(planAssessment(productWith(), { ...catalogue, attacks: new Map(attacks) }, { target }));
  expect(outline.slice(0, 4)).toEqual([
    "settle: ",
    "mqtt.connect-flood: mqtt.connect-flood",
    "mqtt.half-open: mqtt.half-open",
    "access: mqtt.topic-snoop, link-cut",
  ]);
});

it("leaves out what the target cannot undergo, and what the product skips", () => {
  const target = targetNamed("mqtt://127.0.0.1");
  const outline = outlineOf(planAssessment(productWith("skip: [ mqtt.half-open ]"), catalogue, { target })).join();
  expect(outline).toContain("slow-link");
  expect(outline).not.toContain("broker-restart");
  expect(outline).not.toContain("half-open");
});

it("cuts the link alone where there is no attack for access", () => {
  const plan = planAssessment(productWith("skip: [ mqtt.topic-snoop ]"), catalogue);
  expect(outlineOf(plan).slice(0, 3)).toEqual(["settle: ", "link-cut: link-cut", "slow-link: slow-link"]);
});

it("keeps an attack whose identities the target lacks, so that the record says why it was skipped", () => {
  const target = targetNamed("mqtt://127.0.0.1", { gives: { roles: [], devices: 30 } });
  expect(outlineOf(planAssessment(productWith(), catalogue, { target }))).toContain(
    "access: mqtt.topic-snoop, link-cut",
  );
});

it("uses the product's parameters, posture and knobs, and the command line's before them", () => {
  const product = productWith(`parameters: { mqtt.half-open: { dropWithin: 6s } }
posture: weak
target: { embedded: { maxConnections: 7 } }
`);
  const plan = planAssessment(product, catalogue);
  expect(plan).toMatchObject({ posture: "weak", knobs: { maxConnections: 7 }, product: { id: "toy" } });
  expect(plan.stages.find(({ name }) => name === "mqtt.half-open")?.attacks[0]?.parameters).toEqual({
    connections: 200,
    dropWithin: 6_000,
  });
  expect(planAssessment(product, catalogue, { posture: "hardened", knobs: { maxConnections: 8 } })).toMatchObject({
    posture: "hardened",
    knobs: { maxConnections: 8 },
  });
});

it("obeys --only and --skip", () => {
  const plan = planAssessment(productWith(), catalogue, { only: ["mqtt.half-open", "slow-link"], skip: ["slow-link"] });
  expect(outlineOf(plan)).toEqual(["settle: ", "mqtt.half-open: mqtt.half-open"]);
});

describe("an attack that crosses from one protocol to another", () => {
  const crossing = attackOf({ id: "campaign.crossing", speaks: "coap", alsoSpeaks: ["mqtt"] });
  const gateway = deviceOf({ id: "gateway", speaks: "mqtt", alsoSpeaks: ["coap"] });
  const home = targetNamed("home", { speaks: ["mqtt", "coap"] });
  const richer = {
    ...catalogue,
    attacks: new Map([...catalogue.attacks, [crossing.id, crossing]]),
    devices: new Map([...catalogue.devices, [gateway.id, gateway]]),
  };
  const planned = (fleet: string, target = home) => {
    const level = "{ level: 0, because: nothing happens }";
    const impact = `{ safety: ${level}, availability: ${level}, data: ${level}, fleet: ${level} }`;
    const text = `product: toy\ntitle: Toy\nimpact: ${impact}\nfleet: [ ${fleet} ]\n`;
    const plan = planAssessment(readProduct({ text, file: "product.yaml" }, richer), richer, { target });
    return plan.stages.flatMap(({ attacks }) => attacks.map(({ attack }) => attack.id));
  };

  it("is planned where the fleet holds a device between the two", () => {
    expect(planned("{ device: gateway, size: 1 }")).toContain("campaign.crossing");
    expect(planned("{ device: thermostat, size: 1 }")).not.toContain("campaign.crossing");
  });

  it("is left out on a target that speaks one of them only", () => {
    expect(planned("{ device: thermostat, size: 1 }", targetNamed("broker"))).not.toContain("campaign.crossing");
  });

  it("needs a target that speaks all that its devices do", () => {
    expect(() => planned("{ device: gateway, size: 1 }", targetNamed("broker"))).toThrow(/gateway speaks coap/);
  });
});

describe("a misfit is refused:", () => {
  it.each([
    ["a fleet of another protocol", targetNamed("coap://127.0.0.1", { speaks: ["coap"] }), "thermostat speaks mqtt"],
    [
      "too few identities",
      targetNamed("mqtt://127.0.0.1", { gives: { roles: [], devices: 29 } }),
      "needs 30 identities",
    ],
  ])("%s", (_, target, message) => {
    expect(() => planAssessment(productWith(), catalogue, { target })).toThrow(message);
  });

  it("nothing that applies", () => {
    const empty = catalogueOf({ attacks: new Map(), disruptions: new Map() });
    expect(() => planAssessment(productWith(), empty)).toThrow(LabError);
  });
});
