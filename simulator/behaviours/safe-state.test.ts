import { array, assert, constantFrom, property } from "fast-check";
import { describe, expect, it } from "vitest";
import type { DeviceEvent } from "#contract/device.ts";
import { selfOf } from "#testing/device-self.ts";
import { safeState } from "./safe-state.ts";

const essential = { name: "hold", everyMs: 1_000, safeState: "closed", safeWithinMs: 2_000 };
const lost: DeviceEvent = { kind: "link-lost", nowMs: 0 };
const connected: DeviceEvent = { kind: "connected", nowMs: 0, sessionPresent: false };
const due: DeviceEvent = { kind: "timer", timer: "safe-state", nowMs: 0 };

describe("safeState", () => {
  it("sets out for the safe state well within its time, once, when control is lost", () => {
    const habit = safeState.attach(selfOf({}, { essential }));
    const [action] = habit(lost);
    if (action?.kind !== "timer") throw new Error("it does nothing");
    expect(action.timer).toBe("safe-state");
    expect(action.afterMs).toBeLessThan(essential.safeWithinMs);
    expect(habit(lost)).toEqual([]);
  });

  it("enters it in time and leaves it when control is back", () => {
    const habit = safeState.attach(selfOf({}, { essential }));
    habit(lost);
    expect(habit(due)).toEqual([{ kind: "safe-state", entered: true }]);
    expect(habit(connected)).toEqual([{ kind: "safe-state", entered: false }]);
  });

  it("stays as it is where control comes back before", () => {
    const habit = safeState.attach(selfOf({}, { essential }));
    habit(lost);
    expect(habit(connected)).toEqual([{ kind: "timer", timer: "safe-state", afterMs: Number.POSITIVE_INFINITY }]);
    expect(habit(due)).toEqual([]);
  });

  it("counts a device that was never connected as without control", () => {
    expect(safeState.attach(selfOf({}, { essential }))({ kind: "powered", nowMs: 0 })).toHaveLength(1);
  });

  it("ignores the loss where the knob says so", () => {
    const habit = safeState.attach(selfOf({ safeState: "ignored" }, { essential }));
    expect([...habit(lost), ...habit(due), ...habit(connected)]).toEqual([]);
  });

  it("enters and leaves in turn, and never leaves without having entered", () => {
    assert(
      property(array(constantFrom(lost, connected, due)), (events) => {
        const habit = safeState.attach(selfOf({}, { essential }));
        let isSafe = false;
        for (const event of events) {
          for (const action of habit(event)) {
            if (action.kind !== "safe-state") continue;
            expect(action.entered).toBe(!isSafe);
            isSafe = action.entered;
          }
          expect(isSafe && event.kind === "connected").toBe(false);
        }
      }),
    );
  });
});
