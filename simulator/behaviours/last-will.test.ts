import { describe, expect, it } from "vitest";
import { selfOf } from "#testing/device-self.ts";
import { lastWill } from "./last-will.ts";

const connected = { kind: "connected", nowMs: 0, sessionPresent: false } as const;

describe("lastWill", () => {
  it("leaves word on its state topic that stays until it is back", () => {
    expect(lastWill.will?.(selfOf())).toEqual({
      topic: "devices/probe/state",
      payload: '{"online":false}',
      qos: 1,
      retain: true,
    });
  });

  it("takes the word back each time that it connects", () => {
    expect(lastWill.attach(selfOf())(connected)).toEqual([
      { kind: "publish", topic: "devices/probe/state", payload: '{"online":true}', qos: 1, retain: true },
    ]);
  });

  it("says nothing at all where the knob says none", () => {
    const self = selfOf({ will: "none" });
    expect(lastWill.will?.(self)).toBeUndefined();
    expect(lastWill.attach(self)(connected)).toEqual([]);
  });
});
