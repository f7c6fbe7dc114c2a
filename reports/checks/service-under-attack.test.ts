import { describe, expect, it } from "vitest";
import type { FleetCounters } from "#contract/device.ts";
import { atRest } from "#testing/outage.ts";
import { historyOf, type Line, recordOf } from "#testing/record.ts";
import { serviceUnderAttack } from "./service-under-attack.ts";

type Second = Partial<FleetCounters>;

const counted = (changes: Second): Line => ({
  actor: "device:thermostat",
  action: "fleet.counters",
  phase: "noted",
  detail: { ...atRest, ...changes },
  atMs: 0,
});

/** A flood from 2 s to 12 s; the fleet's seconds are counted from the start of the run. */
function judge(
  seconds: readonly Second[],
  told: { readonly settled?: boolean; readonly attack?: string; readonly beside?: readonly Line[] } = {},
) {
  const { settled = true, attack = "mqtt.connect-flood", beside = [] } = told;
  const actor = `attack:${attack}` as const;
  const fleet = seconds.map((second, at) => ({ ...counted(second), atMs: 1_000 * (at + 1) }));
  const before = fleet.filter(({ atMs }) => atMs <= 2_000);
  const lines: Line[] = [
    { actor: "lab:engine", action: "fleet.settled", phase: "noted", detail: { settled }, atMs: 0 },
    ...before,
    { actor, action: "control", phase: "attempt", beat: "control", atMs: 2_000 },
    { actor, action: "control", phase: "ok", beat: "control", attempt: before.length + 1, atMs: 2_000 },
    { actor, action: "launch", phase: "attempt", beat: "attack", atMs: 2_000 },
    ...fleet.filter(({ atMs }) => atMs > 2_000),
    { actor, action: "launch", phase: "ok", beat: "attack", attempt: before.length + 3, atMs: 12_000 },
    ...beside,
  ];
  return serviceUnderAttack.judge(recordOf(historyOf(lines.toSorted((a, b) => (a.atMs ?? 0) - (b.atMs ?? 0)))));
}

const calm = Array.from({ length: 2 }, (): Second => ({}));
const tenSeconds = (changes: Second) => Array.from({ length: 10 }, (): Second => changes);

describe("service-under-attack", () => {
  it("passes a fleet that does not notice", () => {
    const working = { functionDue: 40, functionPerformed: 40 };
    expect(judge([...calm, ...tenSeconds(working)])).toMatchObject({
      verdict: "pass",
      measure: { kind: "rate", planned: 10, passed: 10, failed: 0, required: 0.9 },
    });
  });

  it.each<readonly [string, Second]>([
    ["is disconnected", { connected: 30 }],
    ["is disconnected for so short a time that it is back when counted", { lost: 40 }],
    ["no longer does its work", { functionDue: 40, functionPerformed: 20 }],
  ])("fails a fleet that %s", (_, harmed) => {
    const answer = judge([...calm, ...tenSeconds(harmed)]);
    expect(answer).toMatchObject({ verdict: "fail", measure: { failed: 10 } });
    expect(answer.says).toContain("0 of 10 seconds");
  });

  it("forgives one second of ten, and says so", () => {
    const answer = judge([...calm, ...tenSeconds({}).slice(1), { connected: 0 }]);
    expect(answer).toMatchObject({ verdict: "pass", measure: { passed: 9, failed: 1 } });
    expect(answer.says).toContain("9 of 10");
  });

  it("blames no attack for a fleet that was gone before it", () => {
    expect(judge([{}, { connected: 0 }, ...tenSeconds({ connected: 0 })]).verdict).toBe("inconclusive");
    expect(judge([...calm, ...tenSeconds({ connected: 0 })], { settled: false }).verdict).toBe("inconclusive");
  });

  it("does not blame an attack for what a disruption of ours does to the fleet beside it", () => {
    const actor = "disruption:link-cut";
    const imposed: Line = { actor, action: "impose", phase: "attempt", detail: { severs: true }, atMs: 10_500 };
    const harmed = [...tenSeconds({}).slice(2), { connected: 0 }, { connected: 0 }];
    expect(judge([...calm, ...harmed]).verdict).toBe("fail");
    expect(judge([...calm, ...harmed], { beside: [imposed] })).toMatchObject({
      verdict: "pass",
      measure: { planned: 8 },
    });
  });

  it("is not tested by attacks that strain nothing, nor without a fleet", () => {
    expect(judge([...calm, ...tenSeconds({})], { attack: "mqtt.topic-snoop" }).verdict).toBe("not-tested");
    expect(judge([]).verdict).toBe("not-tested");
  });
});
