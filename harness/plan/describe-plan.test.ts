import { expect, it } from "vitest";
import { catalogueOf, targetNamed } from "#testing/catalogue.ts";
import { describePlan } from "./describe-plan.ts";
import { durationOf } from "./plan-duration.ts";
import { readScenario } from "./scenario-file.ts";

const read = (text: string) =>
  readScenario({ text, file: "plan.yaml" }, catalogueOf(), { metrics: ["recovery.t90", "telemetry.lost"] });

const plan = read(`scenario: storm
title: A storm
target: { embedded: { maxConnections: 500 } }
fleets: [ { device: thermostat, size: 40, posture: { reconnect: fixed } } ]
stages:
  - { stage: settle, lasts: 5s }
  - stage: stress
    disruptions: [ { broker-restart: { downFor: 1500ms }, ifAble: true } ]
    attacks: [ mqtt.half-open: { dropWithin: 6s } ]
expects: [ { metric: recovery.t90, atMost: 12s }, { metric: telemetry.lost, atMost: 1% } ]
`);

it("prints the whole plan: target, fleets, parameters with their units, durations, totals and scope", () => {
  expect(describePlan(plan)).toEqual([
    "storm: A storm",
    "  target   embedded (The target embedded), hardened (maxConnections 500)",
    "  fleet    40 × thermostat (reconnect fixed)",
    "  stage    settle, 5s",
    "  stage    stress, at most 11s",
    "    befalls broker-restart (downFor 1.5s): 1.5s, then watched for 5s",
    "    attacks mqtt.half-open (connections 200, dropWithin 6s): at most 11s",
    "  expects  recovery.t90 at most 12s",
    "  expects  telemetry.lost at most 1%",
    "  in all   40 devices, 1 attack, 1 disruption, at most 31s",
    "  scope    loopback, and nothing else unless --scope names it",
  ]);
});

const stagesOf = (stage: string) => read(`scenario: a\ntitle: b\nstages: [ ${stage} ]\n`);

it("bounds the time: attacks one after the other add up, together the longest counts", () => {
  const attacks = "attacks: [ mqtt.topic-snoop, mqtt.topic-snoop ]";
  expect(durationOf(stagesOf(`{ stage: a, ${attacks} }`))).toBe(20_000);
  expect(durationOf(stagesOf(`{ stage: a, together: true, ${attacks} }`))).toBe(10_000);
  expect(durationOf(stagesOf(`{ stage: a, lasts: 4s, ${attacks} }`))).toBe(19_000);
});

it("says what a target cannot undergo, and claims no posture for one that is taken as it is", () => {
  const lines = describePlan({ ...plan, target: targetNamed("mqtt://127.0.0.1") });
  expect(lines[1]).toBe("  target   mqtt://127.0.0.1 (The target mqtt://127.0.0.1)");
  expect(lines).toContain("    befalls broker-restart (downFor 1.5s): skipped, as the target cannot undergo it");
});
