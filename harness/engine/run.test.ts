import { describe, expect, it } from "vitest";
import { LabError, Refused } from "#contract/errors.ts";
import { type DeviceIdentity, topicsBelow } from "#contract/identity.ts";
import { launchesOf } from "#contract/judging.ts";
import type { Load, LoadSeat } from "#contract/load.ts";
import type { Observation } from "#contract/observation.ts";
import { VirtualClock } from "#testing/bench.ts";
import { recordOf } from "#testing/record.ts";
import { attackOf, deviceOf, disruptionOf, everyone, loadOf, scenarioOf, targetOf } from "#testing/units.ts";
import { guard } from "./guard.ts";
import type { Lab } from "./lab.ts";
import { run } from "./run.ts";

const quietWire = {
  open: () => ({ reference: { file: "evidence/x.pcapng", stream: 0 }, sent() {}, received() {}, closed() {} }),
};

function labWith(history: Observation[], changes: Partial<Lab> = {}): Lab {
  return {
    clock: new VirtualClock(),
    journal: (seen) => void history.push(seen),
    signal: new AbortController().signal,
    seed: "1",
    runId: "r",
    claim: guard(async () => [], "2026-01-01"),
    lease: () => {},
    wireFor: () => quietWire,
    openLink: async () => ({
      host: "127.0.0.1",
      port: 1,
      can: {
        cutLink: async () => ({ [Symbol.asyncDispose]: async () => {} }),
        slowLink: async () => ({ [Symbol.asyncDispose]: async () => {} }),
      },
      [Symbol.asyncDispose]: async () => {},
    }),
    onTarget: () => {},
    openCounter: async () => ({
      host: "127.0.0.1",
      port: 2,
      counts: () => ({ connects: 0, accepted: 0, published: 0, delivered: 0 }),
      [Symbol.asyncDispose]: async () => {},
    }),
    keep: (_, name) => name,
    folderFor: (unit) => ({ folder: `/nowhere/${unit}`, folderInRun: unit }),
    environment: {},
    ...changes,
  };
}

const disrupted = (log: string[]) => ({
  disruptions: [{ disruption: disruptionOf(log), parameters: {}, ifAble: false }],
});
const launched = (attack = attackOf()) => ({ attacks: [{ attack, parameters: {} }] });

describe("the history of a run", () => {
  it("is numbered without gaps, and names the beat of everything an attack does", async () => {
    const history: Observation[] = [];
    const attack = attackOf({
      launch: async ({ observe }) => {
        await observe.attempt("mqtt.connect", null, () => Promise.reject(new Refused("CONNACK 5", "no")));
      },
    });
    await run(scenarioOf([launched(attack)]), labWith(history));
    expect(history.map(({ seq }) => seq)).toEqual(history.map((_, at) => at));
    expect(history.find(({ phase }) => phase === "refused")).toMatchObject({
      actor: "attack:mqtt.fake",
      beat: "attack",
      error: { code: "CONNACK 5" },
    });
  });

  it("gives the second use of an attack an actor of its own", async () => {
    const history: Observation[] = [];
    await run(scenarioOf([launched(), launched()]), labWith(history));
    expect(launchesOf(recordOf(history), "mqtt.fake").map(({ actor }) => actor)).toEqual([
      "attack:mqtt.fake",
      "attack:mqtt.fake#2",
    ]);
  });
});

describe("the three beats", () => {
  it("skips the launch where the control fails, and does not look for recovery", async () => {
    const history: Observation[] = [];
    let went = 0;
    const attack = attackOf({
      control: () => Promise.reject(new Error("the honest client was not admitted")),
      launch: async () => void went++,
      recovery: async () => void went++,
    });
    await run(scenarioOf([launched(attack)]), labWith(history));
    expect(went).toBe(0);
    expect(launchesOf(recordOf(history), "mqtt.fake")).toMatchObject([{ control: { phase: "unknown" } }]);
  });

  it("watches recovery also after a launch that broke", async () => {
    const history: Observation[] = [];
    let recovered = false;
    const attack = attackOf({
      launch: () => Promise.reject(new Error("boom")),
      recovery: async () => {
        recovered = true;
      },
    });
    await run(scenarioOf([launched(attack)]), labWith(history));
    expect(recovered).toBe(true);
    expect(launchesOf(recordOf(history), "mqtt.fake")).toMatchObject([
      { launch: { phase: "unknown" }, recovery: { phase: "ok" } },
    ]);
  });

  it("does not wait for an attack that does not stop when its time is over", async () => {
    const history: Observation[] = [];
    const attack = attackOf({ launch: () => new Promise(() => {}) });
    await run(scenarioOf([launched(attack)]), labWith(history));
    expect(launchesOf(recordOf(history), "mqtt.fake")).toMatchObject([{ launch: { phase: "unknown" } }]);
  });

  it("meets the listener of its own protocol, and does not wait for attacks of another", async () => {
    const history: Observation[] = [];
    const met: string[] = [];
    const clock = new VirtualClock();
    const attack = (speaks: "mqtt" | "coap", name: string) =>
      attackOf({
        id: `${speaks}.${name}`,
        speaks,
        launch: async (_bench, { at }) => {
          met.push(`${name} begins at ${at.scheme}`);
          await clock.sleep(1_000);
          met.push(`${name} ends`);
        },
      });
    const attacks = [attack("mqtt", "first"), attack("mqtt", "second"), attack("coap", "other")];
    const target = targetOf({ coap: true });
    const stage = { attacks: attacks.map((each) => ({ attack: each, parameters: {} })) };
    await run(scenarioOf([stage], { target }), labWith(history, { clock }));
    expect(met.slice(0, 2)).toEqual(["first begins at mqtt", "other begins at coap"]);
    expect(met.indexOf("second begins at mqtt")).toBeGreaterThan(met.indexOf("first ends"));
  });

  it("notes an attack on a device where the target is no device, instead of running it", async () => {
    const history: Observation[] = [];
    await run(scenarioOf([launched(attackOf({ needsCaller: true }))]), labWith(history));
    expect(history.map(({ actor, action }) => `${actor} ${action}`)).toContain("attack:mqtt.fake skipped");
    expect(launchesOf(recordOf(history), "mqtt.fake")).toEqual([]);
  });

  it("notes an attack that lacks an identity, instead of running it", async () => {
    const history: Observation[] = [];
    const { operator: _, ...others } = everyone;
    const target = targetOf({ identities: others });
    await run(scenarioOf([launched(attackOf({ needs: ["operator"] }))], { target }), labWith(history));
    expect(history.find(({ action }) => action === "skipped")).toMatchObject({ actor: "attack:mqtt.fake" });
    expect(history.some(({ action }) => action === "launch")).toBe(false);
  });
});

describe("disruptions", () => {
  it("are imposed, lifted after their time, and watched", async () => {
    const history: Observation[] = [];
    const log: string[] = [];
    await run(scenarioOf([disrupted(log)]), labWith(history));
    expect(log).toEqual(["imposed", "lifted"]);
    const own = history.filter(({ actor }) => actor === "disruption:fake-cut");
    expect(own.map(({ action, phase }) => `${action} ${phase}`)).toEqual([
      "impose attempt",
      "impose ok",
      "imposed noted",
      "lift attempt",
      "lift ok",
      "watched noted",
    ]);
  });

  it("are lifted when the user ends the run in the middle, and the run says that it was ended", async () => {
    const log: string[] = [];
    const user = new AbortController();
    const clock = new VirtualClock();
    void clock.sleep(500).then(() => user.abort());
    const ended = run(scenarioOf([disrupted(log)]), labWith([], { signal: user.signal, clock }));
    await expect(ended).rejects.toMatchObject({ code: "E_INTERRUPTED" });
    expect(log).toEqual(["imposed", "lifted"]);
  });

  it("are skipped with a note where the target lacks the capability and the plan allows it", async () => {
    const history: Observation[] = [];
    const log: string[] = [];
    const fake = disruptionOf(log);
    const needsRestart = { ...fake, needs: ["restart" as const] };
    const stage = { disruptions: [{ disruption: needsRestart, parameters: {}, ifAble: true }] };
    await run(scenarioOf([stage]), labWith(history));
    expect(log).toEqual([]);
    expect(history.find(({ action }) => action === "skipped")?.detail).toEqual({
      because: "the target offers no restart",
    });
  });
});

describe("disposal", () => {
  it("ends the target also when a stage breaks the lab, and passes the fault on", async () => {
    const log: string[] = [];
    const broken = attackOf({ launch: () => Promise.reject(new LabError("E_STORE", "full", "free some space")) });
    const ended = run(scenarioOf([launched(broken)], { target: targetOf({ log }) }), labWith([]));
    await expect(ended).rejects.toMatchObject({ code: "E_STORE" });
    expect(log).toEqual(["target started", "target ended"]);
  });

  it("ends fleets that started when another one does not", async () => {
    const log: string[] = [];
    const good = {
      device: deviceOf(),
      size: 1,
      posture: {},
      start: async () => ({
        settled: async () => true,
        [Symbol.asyncDispose]: async () => void log.push("fleet ended"),
      }),
    };
    const bad = { ...good, start: () => Promise.reject(new LabError("E_LIMIT", "too many", "fewer")) };
    const ended = run(scenarioOf([{}], { fleets: [good, bad], target: targetOf({ log }) }), labWith([]));
    await expect(ended).rejects.toMatchObject({ code: "E_LIMIT" });
    expect(log).toEqual(["target started", "fleet ended", "target ended"]);
  });
});

it("lets a stage with a length end on time, and tells its attacks to stop", async () => {
  const history: Observation[] = [];
  const attack = attackOf({
    launch: ({ signal }) =>
      new Promise((stop) => {
        if (signal.aborted) stop();
        else signal.addEventListener("abort", () => stop());
      }),
  });
  await run(scenarioOf([{ ...launched(attack), lastsMs: 50 }]), labWith(history));
  expect(launchesOf(recordOf(history), "mqtt.fake")).toMatchObject([{ launch: { phase: "unknown" } }]);
});

const device = (clientId: string): DeviceIdentity => ({ clientId, topics: topicsBelow(`devices/${clientId}`) });
const loaded = (work: Load["apply"], ifAble = false) => ({
  loads: [{ load: loadOf(work), parameters: {}, ifAble }],
});

describe("loads", () => {
  const identities = { ...everyone, devices: ["d1", "d2", "d3", "d4"].map(device) };
  const target = targetOf({ ws: true, identities });

  it("work through the counter, over their own scheme, as identities that no fleet uses", async () => {
    const seats: LoadSeat[] = [];
    const fleet = {
      device: deviceOf(),
      size: 1,
      posture: {},
      start: async () => ({ settled: async () => true, [Symbol.asyncDispose]: async () => {} }),
    };
    const scenario = scenarioOf([loaded(async (_bench, seat) => void seats.push(seat))], { target, fleets: [fleet] });
    await run(scenario, labWith([]));
    expect(seats).toMatchObject([{ at: { scheme: "ws", port: 2, path: "/mqtt" }, operator: everyone.operator }]);
    expect(seats[0]?.identities.map(({ clientId }) => clientId)).toEqual(["d2", "d3", "d4"]);
  });

  it("run beside the attacks and disruptions of their stage, which begin later where the plan says so", async () => {
    const history: Observation[] = [];
    const stage = {
      ...loaded(({ clock, signal }) => clock.sleep(5_000, signal)),
      ...launched(),
      afterMs: 2_000,
    };
    await run(scenarioOf([stage], { target }), labWith(history));
    const at = (action: string, phase: string) =>
      history.find((seen) => seen.action === action && seen.phase === phase)?.atMs;
    expect(at("load", "attempt")).toBe(0);
    expect(at("control", "attempt")).toBe(2_000);
    expect(at("load", "ok")).toBe(5_000);
  });

  it("are told to stop when their stage ends", async () => {
    const history: Observation[] = [];
    const stage = { ...loaded(({ clock, signal }) => clock.sleep(60_000, signal)), lastsMs: 1_000 };
    await run(scenarioOf([stage], { target }), labWith(history));
    expect(history.find(({ action, phase }) => action === "load" && phase === "ok")?.atMs).toBe(1_000);
  });

  it("end the run where the target does not listen for them, unless they may be skipped", async () => {
    const deaf = targetOf({ identities });
    const refused = run(scenarioOf([loaded(async () => {})], { target: deaf }), labWith([]));
    await expect(refused).rejects.toMatchObject({ code: "E_CAPABILITY_MISSING" });
    const history: Observation[] = [];
    await run(scenarioOf([loaded(async () => {}, true)], { target: deaf }), labWith(history));
    expect(history.find(({ action }) => action === "skipped")).toMatchObject({ actor: "load:mqtt.fake-load" });
  });

  it("never open more connections than the scope allows", async () => {
    const claim = guard(async () => [], "2026-01-01");
    const narrow: Lab["claim"] = async (where) => ({ ...(await claim(where)), maxConnections: 2 });
    const ended = run(scenarioOf([loaded(async () => {})], { target }), labWith([], { claim: narrow }));
    await expect(ended).rejects.toMatchObject({ code: "E_LIMIT" });
  });
});
