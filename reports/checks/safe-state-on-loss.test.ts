import { describe, expect, it } from "vitest";
import type { FleetCounters } from "#contract/device.ts";
import { outageRecord, type Told } from "#testing/outage.ts";
import { safeStateOnLoss } from "./safe-state-on-loss.ts";

type Second = Partial<FleetCounters>;

const gone: Second = { connected: 0, lost: 40 };
const overdue = (all: number, safe: number): Second => ({ connected: 0, overdue: all, overdueSafe: safe });

function judge(seconds: readonly Second[], told: Told = {}) {
  return safeStateOnLoss.judge(outageRecord({ ...told, fleets: { "device:thermostat": [{}, gone, ...seconds] } }));
}

describe("safe-state-on-loss", () => {
  it("passes where all devices that are overdue are safe", () => {
    expect(judge([overdue(12, 12), overdue(40, 40)])).toMatchObject({
      verdict: "pass",
      measure: { kind: "rate", planned: 40, passed: 40, failed: 0, required: 0.9 },
    });
  });

  it("fails where none is", () => {
    const answer = judge([overdue(12, 0), overdue(40, 0)]);
    expect(answer).toMatchObject({ verdict: "fail", measure: { passed: 0, failed: 40 } });
    expect(answer.says).toContain("40 of 40 devices of thermostat");
  });

  it("fails one device type of two, however many devices of the other are safe", () => {
    const many = { size: 1_000, expected: 1_000 };
    const fleets = {
      "device:thermostat": [{}, gone, overdue(40, 20)],
      "device:smart-lock": [
        { ...many, connected: 1_000 },
        { ...gone, ...many },
        { ...overdue(1_000, 1_000), ...many },
      ],
    };
    expect(safeStateOnLoss.judge(outageRecord({ fleets })).verdict).toBe("fail");
  });

  it("counts at the last moment, when the devices have been overdue for longest", () => {
    expect(judge([overdue(40, 10), overdue(40, 40)])).toMatchObject({ verdict: "pass", measure: { failed: 0 } });
    expect(judge([overdue(40, 40), overdue(40, 10)])).toMatchObject({ verdict: "fail", measure: { failed: 30 } });
  });

  it("proves less where devices came back before their time was over", () => {
    expect(judge([overdue(30, 30)])).toMatchObject({
      verdict: "pass",
      measure: { planned: 40, passed: 30, failed: 0 },
    });
    expect(judge([overdue(10, 10)])).toMatchObject({ verdict: "inconclusive" });
  });

  it("says nothing where the outage was shorter than every declared time", () => {
    expect(judge([{ connected: 0 }, {}]).verdict).toBe("inconclusive");
  });

  it("says nothing where the fleet had not settled before", () => {
    expect(judge([overdue(40, 0)], { settled: false }).verdict).toBe("inconclusive");
  });
});
