import { assert, integer, property } from "fast-check";
import { describe, expect, it } from "vitest";
import type { DeviceEvent } from "#contract/device.ts";
import { selfOf } from "#testing/device-self.ts";
import { sleep } from "./sleep.ts";

const sleeps = { awakeMs: 1_000, asleepMs: 5_000 };
const doze: DeviceEvent = { kind: "timer", timer: "sleep.doze", nowMs: 0 };
const wake: DeviceEvent = { kind: "timer", timer: "sleep.wake", nowMs: 0 };

describe("sleep", () => {
  it("connects when it wakes and dozes off after its time, whether it was connected or not", () => {
    const habit = sleep.attach(selfOf({}, { sleeps }));
    const waking = [
      { kind: "connect", afterMs: 0 },
      { kind: "timer", timer: "sleep.doze", afterMs: 1_000 },
    ];
    expect(habit({ kind: "powered", nowMs: 0 })).toEqual(waking);
    expect(habit({ kind: "link-lost", nowMs: 0 })).toEqual([]);
    expect(habit(doze)[0]).toEqual({ kind: "disconnect" });
    expect(habit(wake)).toEqual(waking);
  });

  it("sleeps a fifth longer or shorter, so that probes do not wake together", () => {
    const slept = new Set<number>();
    assert(
      property(integer({ min: 1 }), (seed) => {
        const [, action] = sleep.attach(selfOf({}, { sleeps }, seed))(doze);
        if (action?.kind !== "timer") throw new Error("it does not wake");
        expect(action.afterMs).toBeGreaterThanOrEqual(4_000);
        expect(action.afterMs).toBeLessThan(6_000);
        slept.add(action.afterMs);
      }),
    );
    expect(slept.size).toBeGreaterThan(10);
  });

  it("refuses a device type that does not say how long it sleeps", () => {
    expect(() => sleep.attach(selfOf())).toThrow(/how long it sleeps/);
  });
});
