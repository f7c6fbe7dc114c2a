import { array, assert, integer, property, tuple } from "fast-check";
import { describe, expect, it } from "vitest";
import type { FleetCounters } from "#contract/device.ts";
import { outageRecord, type Told } from "#testing/outage.ts";
import { returnsAreSpread } from "./returns-are-spread.ts";

type Second = Partial<FleetCounters>;

const none = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
const gone: Second = { connected: 0, lost: 40 };
const attempting = (attemptsByTenth: readonly number[], more: Second = {}): Second => ({
  connected: 0,
  attemptsByTenth,
  ...more,
});
const inStep = attempting([0, 0, 40, 0, 0, 0, 0, 0, 0, 0]);
const spread = attempting([4, 4, 4, 4, 4, 4, 4, 4, 4, 4]);

function judge(seconds: readonly Second[], told: Told = {}) {
  return returnsAreSpread.judge(outageRecord({ ...told, fleets: { "device:thermostat": [{}, gone, ...seconds] } }));
}

describe("returns-are-spread", () => {
  it("passes a fleet whose attempts lie apart", () => {
    expect(judge([spread, spread])).toMatchObject({
      verdict: "pass",
      measure: { kind: "metric", planned: 1, values: [0.1], good: 0.3, bad: 0.5 },
    });
  });

  it("fails a fleet that moves in step", () => {
    const answer = judge([inStep, inStep]);
    expect(answer).toMatchObject({ verdict: "fail", measure: { values: [1] } });
    expect(answer.says).toContain("40 of 40 devices of thermostat");
  });

  it("fails where the step falls between two tenths", () => {
    expect(judge([attempting([0, 20, 20, 0, 0, 0, 0, 0, 0, 0])]).verdict).toBe("fail");
  });

  it("counts attempts while the link is still down", () => {
    expect(judge([inStep, spread, spread, spread], { endsAtMs: 4_500 }).verdict).toBe("fail");
  });

  it("leaves out the first connects of the run and what comes after the watch", () => {
    const started = attempting([40, ...none.slice(1)], { connected: 40 });
    const fleets = { "device:thermostat": [started, gone, spread, spread, {}, {}, {}, {}, {}, {}, inStep] };
    expect(returnsAreSpread.judge(outageRecord({ imposedAtMs: 900, fleets })).verdict).toBe("pass");
  });

  it("does not take the overflow of a late report for a storm", () => {
    const late = attempting([2, 2, 2, 2, 2, 2, 2, 2, 2, 22], { intervalMs: 2_000 });
    expect(judge([{ connected: 0 }, late]).verdict).toBe("pass");
  });

  it("does not take for a storm what devices did at once because the lab had stood still", () => {
    const storm = attempting([0, 0, 0, 0, 0, 0, 0, 0, 40, 0]);
    const told = (stalledMs: number) => judge([{ ...storm, stalledMs }, spread]).verdict;
    expect(told(900)).toBe("pass");
    expect(told(20)).toBe("fail");
  });

  it("is told by the fleet that does worst", () => {
    const fleets = { "device:thermostat": [{}, gone, spread], "device:smart-lock": [{}, gone, inStep] };
    const answer = returnsAreSpread.judge(outageRecord({ fleets }));
    expect(answer.verdict).toBe("fail");
    expect(answer.says).toContain("smart-lock");
  });

  it("says nothing about a fleet so small that chance looks like a storm", () => {
    const small = { size: 19, expected: 19 };
    const fleets = {
      "device:thermostat": [
        { ...small, connected: 19 },
        { ...gone, ...small },
        { ...inStep, ...small },
      ],
    };
    expect(returnsAreSpread.judge(outageRecord({ fleets })).verdict).toBe("inconclusive");
  });

  it("says nothing where nobody tried", () => {
    expect(judge([{ connected: 0 }, { connected: 0 }]).verdict).toBe("inconclusive");
  });

  it("is inconclusive where the fleet had not settled, whatever it did", () => {
    const tenth = integer({ min: 0, max: 40 });
    const second = tuple(tenth, tenth, tenth, tenth, tenth, tenth, tenth, tenth, tenth, tenth);
    assert(
      property(array(second, { maxLength: 8 }), (seconds) => {
        const told = judge(
          seconds.map((tenths) => attempting(tenths)),
          { settled: false },
        );
        expect(told.verdict).toBe("inconclusive");
      }),
    );
  });
});
