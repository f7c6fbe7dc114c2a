import { array, assert, constant, integer, oneof, property, record } from "fast-check";
import { describe, expect, it } from "vitest";
import { TimerWheel, WheelTimer } from "./timer-wheel.ts";

const tickMs = 10;
const timers = 5;
const step = oneof(
  record({
    kind: constant("set" as const),
    timer: integer({ min: 0, max: timers - 1 }),
    ms: integer({ min: 0, max: 700 }),
  }),
  record({ kind: constant("cancel" as const), timer: integer({ min: 0, max: timers - 1 }), ms: constant(0) }),
  record({ kind: constant("advance" as const), timer: constant(0), ms: integer({ min: 0, max: 500 }) }),
);

describe("TimerWheel", () => {
  it("fires every timer once for each setting, never early, and at the first advance after its tick", () => {
    assert(
      property(array(step, { maxLength: 60 }), (steps) => {
        const fired: number[] = [];
        // Few slots, so that timers wait for several turns of the wheel.
        const wheel = new TimerWheel(3, { tickMs, slots: 8 });
        const own = Array.from({ length: timers }, (_, at) => new WheelTimer({ onTimer: () => fired.push(at) }, "t"));
        const due = new Map<number, number>();
        let nowMs = 3;
        for (const { kind, timer: at, ms } of steps) {
          const timer = own[at];
          if (timer === undefined) continue;
          if (kind === "set") wheel.set(timer, ms);
          if (kind === "set") due.set(at, nowMs + ms);
          if (kind === "cancel") wheel.cancel(timer);
          if (kind === "cancel") due.delete(at);
          if (kind !== "advance") continue;
          nowMs += ms;
          wheel.advance(nowMs);
          for (const one of fired.splice(0)) {
            expect(due.get(one) ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(nowMs);
            due.delete(one);
          }
          for (const dueMs of due.values()) expect(dueMs).toBeGreaterThan(nowMs - 2 * tickMs);
        }
        wheel.advance(nowMs + 5_000);
        expect(fired).toHaveLength(due.size);
        expect(new Set(fired)).toEqual(new Set(due.keys()));
      }),
    );
  });

  it("fires in order of time after a pause longer than a turn", () => {
    const fired: string[] = [];
    const wheel = new TimerWheel(0, { tickMs, slots: 4 });
    const named = (name: string) => new WheelTimer({ onTimer: (which) => fired.push(which) }, name);
    wheel.set(named("late"), 300);
    wheel.set(named("early"), 20);
    wheel.set(named("between"), 150);
    wheel.advance(1_000);
    expect(fired).toEqual(["early", "between", "late"]);
  });

  it("lets a timer that fires cancel another that is due at the same moment", () => {
    const fired: string[] = [];
    const wheel = new TimerWheel(0);
    const second = new WheelTimer({ onTimer: () => fired.push("second") }, "second");
    const first = new WheelTimer({ onTimer: () => wheel.cancel(second) }, "first");
    wheel.set(first, 5);
    wheel.set(second, 5);
    wheel.advance(100);
    expect(fired).toEqual([]);
  });

  it("ends an advance although a timer sets itself for now again and again", () => {
    let times = 0;
    const wheel = new TimerWheel(0);
    const timer: WheelTimer = new WheelTimer({ onTimer: () => (times++, wheel.set(timer, 0)) }, "again");
    wheel.set(timer, 0);
    wheel.advance(50);
    expect(times).toBe(1);
    wheel.advance(100);
    expect(times).toBe(2);
  });

  it("takes Infinity as never", () => {
    const wheel = new TimerWheel(0);
    const timer = new WheelTimer({ onTimer: () => expect.fail("fired") }, "never");
    wheel.set(timer, 10);
    wheel.set(timer, Number.POSITIVE_INFINITY);
    wheel.advance(100_000);
    expect(timer.isSet).toBe(false);
  });
});
