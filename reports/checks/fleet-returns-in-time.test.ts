import { describe, expect, it } from "vitest";
import type { FleetCounters } from "#contract/device.ts";
import type { Product } from "#contract/product.ts";
import { outageRecord, type Told } from "#testing/outage.ts";
import { recordOf } from "#testing/record.ts";
import { fleetReturnsInTime } from "./fleet-returns-in-time.ts";

type Second = Partial<FleetCounters>;

const gone: Second = { connected: 0, lost: 40 };
const trying: Second = { connected: 0, attemptsByTenth: [4, 4, 4, 4, 4, 4, 4, 4, 4, 4] };
const silent: Second = { connected: 0 };
const back: Second = { connected: 40 };
/** Four devices came in each tenth of the second. */
const returning: Second = { connected: 40, connectsByTenth: [4, 4, 4, 4, 4, 4, 4, 4, 4, 4] };

function judge(seconds: readonly Second[], told: Told = {}, header: Parameters<typeof outageRecord>[1] = {}) {
  return fleetReturnsInTime.judge(outageRecord({ ...told, fleets: { "device:thermostat": seconds } }, header));
}

function productAt(availability: 0 | 1 | 2 | 3): Product {
  const impact = { safety: 0, availability, data: 0, fleet: 0 } as const;
  return { id: "p", title: "P", impact, reasons: {}, floors: [], notApplicable: [], declared: {} };
}

describe("fleet-returns-in-time", () => {
  it("passes a fleet that is back in time, and measures to the tenth of a second", () => {
    // Cut from 1 s to 4 s; the ninth tenth of the second from 5 s to 6 s brings the 36th of 40 devices.
    const answer = judge([back, gone, trying, trying, trying, returning, back, back]);
    expect(answer).toMatchObject({
      verdict: "pass",
      measure: { kind: "metric", planned: 1, values: [1.9], good: 60, bad: 1_800, unit: "s" },
    });
    expect(answer.says).toContain("1.9 s");
  });

  it("allows less time where the product's absence does more harm", () => {
    const seconds = [back, gone, ...Array.from({ length: 14 }, () => trying), returning, back];
    const told = { watchedUntilMs: 20_000 };
    expect(judge(seconds, told, { product: productAt(2) })).toMatchObject({ verdict: "pass", measure: { good: 30 } });
    expect(judge(seconds, told, { product: productAt(3) })).toMatchObject({
      verdict: "fail",
      measure: { good: 10, bad: 120, values: [12.9] },
    });
  });

  it("fails a fleet of which nobody tries any more", () => {
    const answer = judge([back, gone, ...Array.from({ length: 8 }, () => silent)]);
    expect(answer).toMatchObject({ verdict: "fail", measure: { values: [1_800] } });
    expect(answer.says).toContain("none of it tried");
  });

  it("counts no silence before a device noticed: what speaks CoAP learns of an outage by unanswered requests only", () => {
    const unaware = Array.from({ length: 8 }, () => back);
    const answer = judge([back, ...unaware, { connected: 20, lost: 20 }]);
    expect(answer).toMatchObject({ verdict: "inconclusive" });
    expect(answer.says).toContain("when the watch ended");
  });

  it("fails when one fleet of two gave up, however large the other is", () => {
    const lost = Array.from({ length: 8 }, () => silent);
    const large = { size: 1_000, expected: 1_000, connected: 1_000 };
    const fleets = {
      "device:soil-probe": [back, gone, ...lost],
      "device:thermostat": [large, { ...large, lost: 1_000 }, ...Array.from({ length: 8 }, () => large)],
    };
    const answer = fleetReturnsInTime.judge(outageRecord({ fleets }));
    expect(answer.verdict).toBe("fail");
    expect(answer.says).toContain("soil-probe");
  });

  it("does not take the attempts of the start for attempts to come back", () => {
    const start: Second = { connected: 40, attemptsByTenth: [40, 0, 0, 0, 0, 0, 0, 0, 0, 0], lost: 40 };
    const told = { imposedAtMs: 500, endsAtMs: 3_000 };
    const seconds = [{ ...start, connected: 0 }, ...Array.from({ length: 9 }, () => silent)];
    expect(judge(seconds, told).verdict).toBe("fail");
  });

  it("does not know where the watch ended while devices were still trying", () => {
    const answer = judge([back, gone, ...Array.from({ length: 8 }, () => trying)]);
    expect(answer).toMatchObject({ verdict: "inconclusive", measure: { values: [] } });
  });

  it("fails where the watch was longer than the time allowed", () => {
    const seconds = [back, gone, ...Array.from({ length: 13 }, () => trying)];
    const answer = judge(seconds, { watchedUntilMs: 15_000 }, { product: productAt(3) });
    expect(answer).toMatchObject({ verdict: "fail", measure: { planned: 1, values: [] } });
  });

  it("says nothing where the fleet had not settled before", () => {
    const answer = judge([gone, gone, trying, trying, returning, back], { settled: false });
    expect(answer.verdict).toBe("inconclusive");
    expect(answer.says).toContain("not fully connected before link-cut");
  });

  it("says nothing where the fleet never lost its connections", () => {
    expect(judge(Array.from({ length: 10 }, () => back)).verdict).toBe("inconclusive");
  });

  it("says nothing where the outage was never lifted", () => {
    expect(judge([back, gone, trying], { liftedAtMs: "never" }).verdict).toBe("inconclusive");
  });

  it("is not tested without an outage, without a fleet, and by a disruption that severs nothing", () => {
    const fleets = { "device:thermostat": [back] };
    for (const record of [recordOf([]), outageRecord({}), outageRecord({ severs: false, fleets })]) {
      expect(fleetReturnsInTime.judge(record).verdict).toBe("not-tested");
    }
  });
});
