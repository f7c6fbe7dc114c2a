import { describe, expect, it } from "vitest";
import type { Check } from "#contract/check.ts";
import type { FleetCounters } from "#contract/device.ts";
import { outageRecord, type Told } from "#testing/outage.ts";
import { coreFunctionOffline } from "./core-function-offline.ts";
import { localFunctionSurvives } from "./local-function-survives.ts";

type Second = Partial<FleetCounters>;

const home: Second = { functionDue: 40, functionPerformed: 40 };
const cutOff: Second = { ...home, connected: 0, lost: 40 };
const cutOffIdle: Second = { ...cutOff, functionPerformed: 0 };
const restart = "disruption:broker-restart";

function judge(check: Check, seconds: readonly Second[], told: Told = {}) {
  return check.judge(outageRecord({ ...told, fleets: { "device:thermostat": seconds } }));
}

describe.each([
  ["local-function-survives", localFunctionSurvives],
  ["core-function-offline", coreFunctionOffline],
])("%s", (_, check) => {
  it("passes where every function due without a link was performed", () => {
    const answer = judge(check, [home, cutOff, cutOff, cutOff, home]);
    expect(answer).toMatchObject({ verdict: "pass", trials: { planned: 1, run: 1, passed: 1 } });
    expect(answer.says).toContain("at least 80");
  });

  it("fails where one was not", () => {
    const answer = judge(check, [home, cutOff, { ...cutOff, functionPerformed: 39 }, home]);
    expect(answer).toMatchObject({ verdict: "fail", trials: { passed: 0 } });
    expect(answer.says).toMatch(/thermostat performed its function \d+ of \d+ times/);
  });

  it("blames no outage for what was missed before it", () => {
    expect(judge(check, [{ ...home, functionPerformed: 0 }, cutOff, cutOff, home]).verdict).toBe("pass");
  });

  it("does not take functions of connected devices for proof", () => {
    expect(judge(check, [home, { ...home, lost: 40 }, home, home]).verdict).toBe("inconclusive");
  });

  it("says nothing where no function was due", () => {
    const idle = { ...cutOff, functionDue: 0, functionPerformed: 0 };
    expect(judge(check, [home, idle, idle, idle]).verdict).toBe("inconclusive");
  });

  it("says nothing where the fleet had not settled before", () => {
    expect(judge(check, [cutOffIdle, cutOffIdle, cutOffIdle], { settled: false }).verdict).toBe("inconclusive");
  });
});

it("core-function-offline looks at the link only, local-function-survives at every outage", () => {
  const seconds = [home, cutOffIdle, cutOffIdle, home];
  expect(judge(coreFunctionOffline, seconds, { actor: restart }).verdict).toBe("not-tested");
  expect(judge(localFunctionSurvives, seconds, { actor: restart }).verdict).toBe("fail");
});
