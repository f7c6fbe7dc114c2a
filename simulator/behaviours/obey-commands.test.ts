import { assert, boolean, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { selfOf } from "#testing/device-self.ts";
import { obeyCommands } from "./obey-commands.ts";

const own = "devices/probe/command";

function message(
  payload: string,
  changes: { readonly topic?: string; readonly retain?: boolean; readonly duplicate?: boolean } = {},
) {
  return { kind: "message", nowMs: 0, topic: own, payload, retain: false, duplicate: false, ...changes } as const;
}

describe("obeyCommands", () => {
  it("listens on its own command topic, again after every connection", () => {
    const habit = obeyCommands.attach(selfOf());
    const connected = { kind: "connected", nowMs: 0, sessionPresent: true } as const;
    expect(habit(connected)).toEqual([{ kind: "subscribe", filter: own, qos: 1 }]);
    expect(habit(connected)).toHaveLength(1);
  });

  it("does what a fresh command says", () => {
    const habit = obeyCommands.attach(selfOf());
    expect(habit(message('{"command":"heat","value":21}'))).toEqual([{ kind: "actuate", what: "heat", to: 21 }]);
    expect(habit(message('{"command":"stop"}'))).toEqual([{ kind: "actuate", what: "stop", to: null }]);
  });

  it.each([
    ["that the broker kept", { retain: true }],
    ["that is sent again", { duplicate: true }],
  ])("ignores a command %s, unless it is loosened to obey any", (_, changes) => {
    const command = message('{"command":"open"}', changes);
    expect(obeyCommands.attach(selfOf())(command)).toEqual([]);
    expect(obeyCommands.attach(selfOf({ commands: "any" }))(command)).toHaveLength(1);
  });

  it("ignores commands on topics that are not its own, even when loosened", () => {
    const foreign = message('{"command":"open"}', { topic: "devices/other/command" });
    expect(obeyCommands.attach(selfOf({ commands: "any" }))(foreign)).toEqual([]);
  });

  it("survives whatever is sent as a command", () => {
    const habit = obeyCommands.attach(selfOf({ commands: "any" }));
    assert(
      property(string(), boolean(), (payload, retain) => {
        expect(habit(message(payload, { retain }))).toEqual([]);
      }),
    );
    for (const odd of ["null", "[]", "7", '{"command":7}', '{"command":null}', '{"canary":"x"}']) {
      expect(habit(message(odd))).toEqual([]);
    }
  });
});
