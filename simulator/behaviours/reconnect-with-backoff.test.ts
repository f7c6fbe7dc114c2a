import { array, assert, constantFrom, integer, property, tuple } from "fast-check";
import { describe, expect, it } from "vitest";
import type { DeviceEvent } from "#contract/device.ts";
import { randomOf } from "#testing/bench.ts";
import { selfOf } from "#testing/device-self.ts";
import { backoffMs, reconnectWithBackoff } from "./reconnect-with-backoff.ts";

const kinds = constantFrom("powered-first", "connected", "refused", "link-lost", "disconnected");
const events = array(tuple(kinds, integer({ min: 0, max: 5_000 })), { maxLength: 80 });
const policies = constantFrom("full-jitter", "exponential", "fixed", "none");

function eventOf(kind: string, nowMs: number): DeviceEvent {
  if (kind === "connected") return { kind, nowMs, sessionPresent: false };
  if (kind === "refused") return { kind, nowMs, code: "CONNACK 5" };
  return kind === "disconnected" ? { kind, nowMs } : { kind: "link-lost", nowMs };
}

describe("reconnectWithBackoff", () => {
  it("connects at once when it is powered", () => {
    const habit = reconnectWithBackoff.attach(selfOf());
    expect(habit({ kind: "powered", nowMs: 0 })).toEqual([{ kind: "connect", afterMs: 0 }]);
  });

  it("never schedules two reconnects at once, whatever happens in whatever order", () => {
    assert(
      property(events, policies, integer(), (happened, reconnect, seed) => {
        const habit = reconnectWithBackoff.attach(selfOf({ reconnect }, {}, seed));
        let nowMs = 0;
        let dueMs = Number.NEGATIVE_INFINITY;
        for (const [kind, passedMs] of happened) {
          nowMs += passedMs;
          for (const action of habit(eventOf(kind, nowMs))) {
            if (action.kind !== "connect") continue;
            expect(nowMs).toBeGreaterThanOrEqual(dueMs);
            dueMs = nowMs + action.afterMs;
          }
        }
      }),
    );
  });

  it("tries again after every failure of a try that was due", () => {
    assert(
      property(integer({ min: 1, max: 30 }), integer(), (failures, seed) => {
        const habit = reconnectWithBackoff.attach(selfOf({}, {}, seed));
        let nowMs = 0;
        for (let failure = 0; failure < failures; failure++) {
          const [action] = habit({ kind: "link-lost", nowMs });
          expect(action?.kind).toBe("connect");
          if (action?.kind === "connect") nowMs += action.afterMs;
        }
      }),
    );
  });

  it("begins its ladder anew after it was connected", () => {
    const habit = reconnectWithBackoff.attach(selfOf({ reconnect: "exponential" }));
    const delays = [0, 10_000, 20_000].map((nowMs) => habit({ kind: "link-lost", nowMs })[0]);
    habit({ kind: "connected", nowMs: 30_000, sessionPresent: false });
    delays.push(habit({ kind: "link-lost", nowMs: 40_000 })[0]);
    expect(delays).toMatchObject([2_000, 4_000, 8_000, 2_000].map((afterMs) => ({ afterMs })));
  });

  it("stays away for good where the knob says none", () => {
    const habit = reconnectWithBackoff.attach(selfOf({ reconnect: "none" }));
    expect(habit({ kind: "link-lost", nowMs: 5 })).toEqual([]);
  });

  it("backs off from a broker that refuses it", () => {
    const habit = reconnectWithBackoff.attach(selfOf({ reconnect: "exponential" }));
    expect(habit({ kind: "refused", nowMs: 0, code: "CONNACK 5" })).toEqual([{ kind: "connect", afterMs: 2_000 }]);
  });
});

describe("backoffMs", () => {
  it("keeps full jitter between nothing and the ceiling, which doubles up to its cap", () => {
    assert(
      property(integer({ min: 1, max: 100 }), integer(), (failures, seed) => {
        const waited = backoffMs("full-jitter", failures, randomOf(seed));
        expect(waited).toBeGreaterThanOrEqual(0);
        expect(waited).toBeLessThan(backoffMs("exponential", failures, randomOf(seed)));
        expect(backoffMs("exponential", failures, randomOf(seed))).toBeLessThanOrEqual(8_000);
      }),
    );
  });

  it("spreads a fleet that lost its link together over the whole time", () => {
    const random = randomOf(3);
    const tenths = Array.from({ length: 20 }, () => 0);
    for (let device = 0; device < 2_000; device++) {
      const tenth = Math.floor(backoffMs("full-jitter", 1, random) / 100);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    expect(Math.max(...tenths) / 2_000).toBeLessThan(0.1);
  });

  it("has a fixed fleet return in step", () => {
    expect(backoffMs("fixed", 1, randomOf(1))).toBe(1_000);
    expect(backoffMs("fixed", 9, randomOf(2))).toBe(1_000);
  });
});
