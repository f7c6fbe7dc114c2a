import { describe, expect, it } from "vitest";
import type { DeviceEvent } from "#contract/device.ts";
import { selfOf } from "#testing/device-self.ts";
import { localFunction } from "./local-function.ts";

const due: DeviceEvent = { kind: "timer", timer: "local-function", nowMs: 0 };
const connected: DeviceEvent = { kind: "connected", nowMs: 0, sessionPresent: false };
const lost: DeviceEvent = { kind: "link-lost", nowMs: 0 };
const disconnected: DeviceEvent = { kind: "disconnected", nowMs: 0 };

/** Whether the function was performed when it was due after each of these events. */
function performedAfter(localFunctionKnob: string, events: readonly DeviceEvent[]): readonly unknown[] {
  const habit = localFunction.attach(selfOf({ localFunction: localFunctionKnob }));
  return events.map((event) => {
    habit(event);
    const [action] = habit(due);
    return action?.kind === "function" ? action.performed : action;
  });
}

describe("localFunction", () => {
  it("performs its function with a link and without", () => {
    expect(performedAfter("local", [connected, lost, connected])).toEqual([true, true, true]);
  });

  it("fails to, without a link, where it needs the cloud", () => {
    expect(performedAfter("cloud-only", [lost, connected, lost])).toEqual([false, true, false]);
  });

  it("still has its cloud while it sleeps after an orderly end", () => {
    expect(performedAfter("cloud-only", [connected, disconnected])).toEqual([true, true]);
  });

  it("is due again and again, as often as declared", () => {
    const habit = localFunction.attach(
      selfOf({}, { essential: { name: "pump", everyMs: 700, safeState: "off", safeWithinMs: 1 } }),
    );
    const [first] = habit({ kind: "powered", nowMs: 0 });
    expect(first).toMatchObject({ kind: "timer", timer: "local-function" });
    expect(habit(due)).toEqual([
      { kind: "function", name: "pump", performed: true },
      { kind: "timer", timer: "local-function", afterMs: 700 },
    ]);
  });
});
