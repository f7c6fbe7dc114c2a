import { anything, array, assert, constantFrom, property, record, string } from "fast-check";
import { describe, expect, it } from "vitest";
import type { DeviceAction, DeviceEvent, FieldEvent } from "#contract/device.ts";
import { selfOf } from "#testing/device-self.ts";
import { relayField } from "./relay-field.ts";

/** What a gateway named `probe` answers to what happens, written short. */
class Gateway {
  readonly #habit: (event: DeviceEvent) => readonly DeviceAction[];

  constructor(posture: { readonly [knob: string]: string } = {}) {
    this.#habit = relayField.attach(selfOf(posture));
  }

  happens(event: { readonly kind: "powered" | "link-lost" } | { readonly kind: "timer"; readonly timer: string }) {
    return this.#told(this.#habit({ ...event, nowMs: 0 }));
  }

  connects() {
    return this.#told(this.#habit({ kind: "connected", sessionPresent: false, nowMs: 0 }));
  }

  hears(what: FieldEvent) {
    return this.#told(this.#habit({ kind: "field", what, nowMs: 0 }));
  }

  finds(...names: readonly string[]) {
    const payload = names.map((name) => `</rd/1>;ep="${name}"`).join(",");
    return this.hears({ kind: "answer", path: "rd-lookup/ep?page=0&count=10", code: "2.05", payload });
  }

  reads(name: string, payload: string) {
    return this.hears({ kind: "report", path: `devices/${name}/telemetry`, payload });
  }

  isTold(
    payload: string,
    changes: { readonly topic?: string; readonly retain?: true; readonly duplicate?: true } = {},
  ) {
    const message = { topic: "devices/probe/command", retain: false, duplicate: false, ...changes };
    return this.#told(this.#habit({ kind: "message", nowMs: 0, payload, ...message }));
  }

  #told(actions: readonly DeviceAction[]): readonly string[] {
    return actions.map((action) => {
      if (action.kind === "field")
        return `${action.ask.kind} ${"path" in action.ask ? action.ask.path : ""}`.trim() + bodyOf(action.ask);
      if (action.kind === "publish") return `say ${action.topic} ${action.payload}`;
      if (action.kind === "subscribe") return `listen ${action.filter}`;
      if (action.kind === "actuate") return `do ${action.what} ${JSON.stringify(action.to)}`;
      return action.kind === "timer" ? `later ${action.timer}` : action.kind;
    });
  }
}

function bodyOf(ask: { readonly kind: string; readonly payload?: string }): string {
  return ask.payload === undefined ? "" : ` ${ask.payload}`;
}

const own = "devices/probe/field";
const online = (name: string, is = true) => `say ${own}/${name}/state {"online":${is},"endpoint":"${name}"}`;

/** A gateway on both sides, which serves these devices. */
function serving(names: readonly string[], posture = {}): Gateway {
  const gateway = new Gateway(posture);
  gateway.happens({ kind: "powered" });
  gateway.connects();
  gateway.hears({ kind: "up" });
  gateway.finds(...names);
  return gateway;
}

describe("relayField, looking for devices", () => {
  it("opens its field side when powered, and looks into the directory as soon as it is up, and again and again", () => {
    const gateway = new Gateway();
    expect(gateway.happens({ kind: "powered" })).toEqual(["open"]);
    expect(gateway.hears({ kind: "up" })).toEqual(["read rd-lookup/ep?page=0&count=10"]);
    expect(gateway.finds()).toEqual(["later field.look"]);
    expect(gateway.happens({ kind: "timer", timer: "field.look" })).toEqual(["read rd-lookup/ep?page=0&count=10"]);
  });

  it("says who is there and who is gone, and observes those who are", () => {
    const gateway = serving([]);
    expect(gateway.finds("lamp", "plug")).toEqual([
      online("lamp"),
      online("plug"),
      "observe devices/lamp/telemetry",
      "observe devices/plug/telemetry",
      "later field.look",
    ]);
    gateway.happens({ kind: "timer", timer: "field.look" });
    expect(gateway.finds("plug")).toEqual([
      "forget devices/lamp/telemetry",
      online("lamp", false),
      "observe devices/plug/telemetry",
      "later field.look",
    ]);
  });

  it("loses nobody where the directory does not answer it, or says nothing that can be read", () => {
    const gateway = serving(["lamp"]);
    const path = "rd-lookup/ep?page=0&count=10";
    expect(gateway.hears({ kind: "answer", path, code: "4.01", payload: "" })).toEqual(["later field.look"]);
    expect(gateway.hears({ kind: "answer", path, code: "2.05", payload: "<<<" })).toEqual(["later field.look"]);
    expect(gateway.reads("lamp", "{}")).toHaveLength(1);
  });

  it("serves no more than 200 devices", () => {
    const gateway = serving([]);
    const names = Array.from({ length: 300 }, (_, at) => `lamp-${at}`);
    const observed = new Set<string>();
    for (let page = 0; page < 30; page++) {
      const actions = gateway.finds(...names.slice(10 * page, 10 * page + 10));
      for (const action of actions) if (action.startsWith("observe")) observed.add(action);
    }
    expect(observed.size).toBe(200);
  });

  it("opens its field side again after a while when it goes down, the look put off until then", () => {
    const gateway = serving(["lamp"]);
    expect(gateway.hears({ kind: "down", why: "no response in time" })).toEqual([
      "later field.look",
      "later field.again",
    ]);
    expect(gateway.happens({ kind: "timer", timer: "field.again" })).toEqual(["open"]);
  });
});

describe("relayField, passing on readings", () => {
  it("publishes each new one below its own topics, once", () => {
    const gateway = serving(["lamp"]);
    expect(gateway.reads("lamp", '{"seq":1}')).toEqual([`say ${own}/lamp/telemetry {"seq":1}`]);
    expect(gateway.reads("lamp", '{"seq":1}')).toEqual([]);
    expect(gateway.reads("lamp", "")).toEqual([]);
    expect(gateway.reads("stranger", "{}")).toEqual([]);
  });

  it("keeps the last while the broker is away, and says it all when it is back", () => {
    const gateway = serving(["lamp", "plug"]);
    gateway.happens({ kind: "link-lost" });
    expect(gateway.reads("lamp", '{"seq":1}')).toEqual([]);
    expect(gateway.reads("lamp", '{"seq":2}')).toEqual([]);
    expect(gateway.connects()).toEqual([
      "listen devices/probe/command",
      online("lamp"),
      `say ${own}/lamp/telemetry {"seq":2}`,
      online("plug"),
    ]);
  });

  it("ignores names that would lead elsewhere, unless it takes them as they are", () => {
    const odd = ["x/../lamp", "+", "..", "a/b"];
    expect(serving([]).finds(...odd)).toEqual(["later field.look"]);
    const weak = serving([], { names: "as-given" }).finds("x/../lamp");
    expect(weak[0]).toBe(`say ${own}/lamp/state {"online":true,"endpoint":"x/../lamp"}`);
  });
});

describe("relayField, passing on commands", () => {
  it("writes one for a device that it serves to the device's command path, without the address", () => {
    const gateway = serving(["lamp"]);
    expect(gateway.isTold('{"to":"lamp","command":"dim","value":3,"id":"x"}')).toEqual([
      'write devices/lamp/command {"command":"dim","value":3,"id":"x"}',
      'do pass on a command "devices/lamp/command"',
    ]);
  });

  it("obeys one for itself", () => {
    expect(serving([]).isTold('{"command":"identify"}')).toEqual(["do identify null"]);
  });

  it.each([
    ["a device that it does not serve", '{"to":"plug","command":"on"}'],
    ["a path", '{"to":"devices/lamp/config","command":"on"}'],
    ["a management path", '{"to":"5/0/1","command":"on"}'],
    ["a path that climbs", '{"to":"x/../lamp","command":"on"}'],
    ["nobody", '{"to":"","command":"on"}'],
  ])("passes none on for %s", (_, payload) => {
    expect(serving(["lamp"]).isTold(payload)).toEqual([]);
  });

  it("passes on to whatever path is named where it is loosened to", () => {
    const gateway = serving([], { relay: "any-path" });
    const pathOf = (to: string) => gateway.isTold(JSON.stringify({ to, command: "on" }))[0];
    expect(pathOf("devices/lamp/config")).toBe('write devices/lamp/config {"command":"on"}');
    expect(pathOf("x/../5/0/1")).toBe('write 5/0/1 {"command":"on"}');
    expect(pathOf("plug")).toBe('write devices/plug/command {"command":"on"}');
  });

  it("ignores commands that the broker kept, that come again, or that come by another topic", () => {
    const gateway = serving(["lamp"]);
    const payload = '{"to":"lamp","command":"on"}';
    expect(gateway.isTold(payload, { retain: true })).toEqual([]);
    expect(gateway.isTold(payload, { duplicate: true })).toEqual([]);
    expect(gateway.isTold(payload, { topic: "devices/other/command" })).toEqual([]);
  });

  it("never writes anywhere but to the command path of a device that it serves, whatever it is told", () => {
    assert(
      property(
        array(record({ to: constantFrom("lamp", "../lamp", "lamp/../x", "3/0/4", "", "+"), more: anything() })),
        string(),
        (told, odd) => {
          const gateway = serving(["lamp"]);
          for (const payload of [odd, ...told.map(({ to, more }) => textOf({ to, command: "on", more }))]) {
            const written = gateway.isTold(payload).filter((action) => action.startsWith("write"));
            expect(written.every((action) => action.startsWith("write devices/lamp/command "))).toBe(true);
          }
        },
      ),
    );
  });
});

function textOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "";
  } catch {
    return "";
  }
}
