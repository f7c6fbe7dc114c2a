import { assert, constantFrom, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { mayPublish, mayReceive, maySubscribe } from "./principal.ts";

const closed = { authorization: "own-topics", systemTopics: "closed" } as const;
const open = { authorization: "open", systemTopics: "open" } as const;
const named = (owns: string, staff = false) => ({ clientId: owns, owns, staff });

describe("topic rights", () => {
  it.each([
    ["devices/pump/telemetry", true],
    ["devices/pump/a/b", true],
    ["devices/pump2/telemetry", false],
    ["devices/pump", false],
    ["devices/valve/command", false],
    ["$SYS/x", false],
  ])("let a device publish to %s: %s", (topic, may) => {
    expect(mayPublish(named("pump"), topic, closed)).toBe(may);
  });

  it.each([
    ["devices/pump/#", true],
    ["devices/pump/+", true],
    ["devices/+/telemetry", false],
    ["#", false],
    ["+/pump/#", false],
    ["$SYS/#", false],
    ["$share/g/devices/pump/#", false],
  ])("let a device subscribe to %s: %s", (filter, may) => {
    expect(maySubscribe(named("pump"), filter, closed)).toBe(may);
  });

  it("give a name with a wildcard or separator in it no topics at all", () => {
    for (const owns of ["+", "#", "a/b", "", "$SYS", "pump/+"]) {
      expect(maySubscribe(named(owns), `devices/${owns}/telemetry`, closed)).toBe(false);
    }
  });

  it("let nobody publish to $ topics, whatever is open", () => {
    assert(
      property(string(), constantFrom(closed, open), constantFrom(true, false), (rest, rules, staff) => {
        expect(mayPublish(named("pump", staff), `$${rest}`, rules)).toBe(false);
      }),
    );
  });

  it("close $SYS to staff, too, and to what is delivered", () => {
    expect(maySubscribe(named("operator", true), "$SYS/#", closed)).toBe(false);
    expect(mayReceive(named("operator", true), "$SYS/broker/new/clients", closed)).toBe(false);
    expect(mayReceive(named("pump"), "$SYS/broker/new/clients", open)).toBe(true);
  });
});
