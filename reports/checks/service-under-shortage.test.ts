import { describe, expect, it } from "vitest";
import type { FleetCounters } from "#contract/device.ts";
import { atRest, outageRecord, type Told } from "#testing/outage.ts";
import { recordOf } from "#testing/record.ts";
import { serviceUnderShortage } from "./service-under-shortage.ts";

type Second = Partial<FleetCounters>;

const served: Second = { published: 20, acknowledged: 20 };
const unanswered: Second = { published: 20, acknowledged: 0 };
const gone: Second = { connected: 0, lost: 40 };

function times(count: number, second: Second): readonly Second[] {
  return Array.from({ length: count }, () => second);
}

/** A full disk from 2 s to 12 s, unless told otherwise; the fleet's seconds are counted from the start of the run. */
function judge(seconds: readonly Second[], told: Told & { readonly qos?: 0 | 1 } = {}) {
  const { qos = 1, ...more } = told;
  const { header, history } = outageRecord({
    actor: "disruption:disk-full",
    severs: false,
    imposedAtMs: 2_000,
    endsAtMs: 12_000,
    watchedUntilMs: 15_000,
    fleets: { "device:thermostat": seconds },
    ...more,
  });
  const started = { actor: "device:thermostat", action: "fleet.started", phase: "noted" } as const;
  const last = history.length;
  return serviceUnderShortage.judge(
    recordOf([...history, { ...started, detail: { telemetry: { qos } }, seq: last, atMs: 0 }], header),
  );
}

describe("service-under-shortage", () => {
  it("passes a fleet that does not notice", () => {
    const answer = judge(times(15, served));
    expect(answer).toMatchObject({
      verdict: "pass",
      measure: { kind: "rate", planned: 10, passed: 10, failed: 0, required: 0.9 },
    });
    expect(answer.says).toContain("10 of 10 seconds");
  });

  it("passes a fleet whose last messages were on their way when the second was over", () => {
    expect(judge(times(15, { published: 20, acknowledged: 17 })).verdict).toBe("pass");
  });

  it.each<readonly [string, Second]>([
    ["gets no acknowledgements", unanswered],
    ["gets acknowledgements for some of its messages only", { published: 20, acknowledged: 10 }],
    ["is disconnected", gone],
    ["is disconnected for so short a time that it is back when counted", { ...served, lost: 40 }],
    ["no longer does its work", { ...served, functionDue: 40, functionPerformed: 20 }],
  ])("fails a fleet that %s", (_, harmed) => {
    const answer = judge([...times(2, served), ...times(10, harmed), ...times(3, served)]);
    expect(answer).toMatchObject({ verdict: "fail", measure: { failed: 10 } });
    expect(answer.says).toContain("first in thermostat during disk-full");
  });

  it("fails a target that was ended for want of memory, also where it comes back when the limit is lifted", () => {
    const seconds = [...times(5, served), ...times(7, gone), ...times(3, served)];
    expect(judge(seconds, { actor: "disruption:memory-limit" }).verdict).toBe("fail");
  });

  it("fails a target that is not seen serving again, and says nothing where nobody looked", () => {
    const during = [...times(12, served)];
    expect(judge([...during, ...times(3, unanswered)]).says).toContain("not served again after disk-full");
    expect(judge([...during, ...times(3, unanswered)]).verdict).toBe("fail");
    expect(judge(during).verdict).toBe("inconclusive");
  });

  it("counts no second that is only partly of the shortage", () => {
    const seconds = [...times(2, served), unanswered, ...times(8, served), unanswered, ...times(3, served)];
    expect(judge(seconds, { imposedAtMs: 2_500, endsAtMs: 11_500 })).toMatchObject({
      verdict: "pass",
      measure: { planned: 8 },
    });
  });

  it("says nothing of a fleet that asks for no acknowledgement, unless it is lost", () => {
    expect(judge(times(15, unanswered), { qos: 0 }).verdict).toBe("inconclusive");
    expect(judge([...times(2, unanswered), ...times(13, gone)], { qos: 0 }).verdict).toBe("fail");
  });

  it("says nothing of a fleet that published nothing", () => {
    expect(judge(times(15, {})).verdict).toBe("inconclusive");
  });

  it("blames no shortage for a fleet that was gone before it", () => {
    expect(judge([served, ...times(14, gone)], { imposedAtMs: 2_100 }).verdict).toBe("inconclusive");
    expect(judge(times(15, gone), { settled: false }).verdict).toBe("inconclusive");
  });

  it("blames no shortage for a target that acknowledged nothing before it", () => {
    expect(judge(times(15, unanswered)).verdict).toBe("inconclusive");
  });

  it("says nothing where the shortage was not seen lifted", () => {
    expect(judge(times(15, served), { liftedAtMs: "never" }).verdict).toBe("inconclusive");
  });

  it("leaves out devices that are waking up", () => {
    const waking: Second = { ...unanswered, expected: atRest.size - 1 };
    expect(judge([...times(3, served), waking, ...times(11, served)])).toMatchObject({
      verdict: "pass",
      measure: { planned: 9 },
    });
  });

  it("is not tested by other disruptions, nor without a fleet", () => {
    expect(judge(times(15, served), { actor: "disruption:slow-link" }).verdict).toBe("not-tested");
    expect(judge([], { fleets: {} }).verdict).toBe("not-tested");
  });
});
