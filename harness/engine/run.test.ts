import { describe, expect, it } from "vitest";
import { LabError, Refused } from "#contract/errors.ts";
import { launchesOf } from "#contract/judging.ts";
import type { Observation } from "#contract/observation.ts";
import { VirtualClock } from "#testing/bench.ts";
import { recordOf } from "#testing/record.ts";
import { attackOf, deviceOf, disruptionOf, everyone, scenarioOf, targetOf } from "#testing/units.ts";
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
