import { z } from "zod";
import { type Attack, defineAttack } from "#contract/attack.ts";
import type { LabAddress } from "#contract/bench.ts";
import type { DeviceType } from "#contract/device.ts";
import { defineDisruption } from "#contract/disruption.ts";
import { type Identities, topicsBelow } from "#contract/identity.ts";
import { defineLoad, type Load } from "#contract/load.ts";
import type { Scenario, Stage } from "#contract/scenario.ts";
import type { Capabilities, RunningTarget, Target } from "#contract/target.ts";

/** Identities with every role. */
export const everyone: Identities = {
  operator: { clientId: "operator", username: "operator", password: "o" },
  intruder: { clientId: "intruder", username: "intruder", password: "i", topics: topicsBelow("devices/intruder") },
  victim: { clientId: "victim", username: "victim", password: "v", topics: topicsBelow("devices/victim") },
  devices: [],
};

/** A target that is nothing but an address; `log` hears when it starts and ends. */
export function targetOf(given: {
  readonly can?: Capabilities;
  readonly identities?: Identities;
  readonly log?: string[];
  /** Also a WebSocket listener. */
  readonly ws?: true;
  /** Also a CoAP listener. */
  readonly coap?: true;
}): Target {
  const { can = {}, identities = everyone, log = [] } = given;
  return {
    id: "fake",
    title: "A fake target",
    speaks: given.coap ? ["mqtt", "coap"] : ["mqtt"],
    offers: [],
    start: async (_bench, claim): Promise<RunningTarget> => {
      log.push("target started");
      const main = await claim({ scheme: "mqtt", host: "127.0.0.1", port: 1883 });
      const ws = given.ws && (await claim({ scheme: "ws", host: "127.0.0.1", port: 9001, path: "/mqtt" }));
      const coap = given.coap && (await claim({ scheme: "coap", host: "127.0.0.1", port: 5683 }));
      return {
        facts: { id: "fake", product: "fake", fidelity: "simulated" },
        can,
        identities,
        main,
        address: (scheme) =>
          new Map<string, LabAddress | undefined>([
            ["mqtt", main],
            ["ws", ws],
            ["coap", coap],
          ]).get(scheme),
        [Symbol.asyncDispose]: async () => void log.push("target ended"),
      };
    },
  };
}

/** An attack whose beats do nothing unless told otherwise. */
export function attackOf(changes: Partial<Attack> = {}): Attack {
  return defineAttack({
    id: "mqtt.fake",
    title: "Do nothing",
    speaks: "mqtt",
    severity: "low",
    layer: "application",
    explains: "Nothing.",
    references: { cwe: [] },
    parameters: z.object({}),
    needs: [],
    strains: false,
    atMostMs: () => 10_000,
    control: async () => {},
    launch: async () => {},
    recovery: async () => {},
    checks: [],
    twins: [],
    ...changes,
  });
}

/** A device type that does nothing. */
export function deviceOf(changes: Partial<DeviceType> = {}): DeviceType {
  return {
    id: "fake-device",
    title: "A fake device",
    speaks: "mqtt",
    impact: { safety: 0, availability: 0, data: 0, fleet: 0 },
    can: [],
    essential: { name: "idle", everyMs: 1_000, safeState: "idle", safeWithinMs: 1_000 },
    telemetry: { everyMs: 1_000, qos: 0, reading: () => ({}) },
    keepAliveS: 30,
    behaviours: [],
    ...changes,
  };
}

/** A disruption that logs when it is imposed and lifted. */
export function disruptionOf(log: string[]) {
  return defineDisruption({
    id: "fake-cut",
    title: "Cut nothing",
    explains: "Nothing.",
    needs: ["cutLink"],
    parameters: z.object({}),
    severs: true,
    lastsMs: () => 1_000,
    watchMs: () => 2_000,
    impose: async () => {
      log.push("imposed");
      return { [Symbol.asyncDispose]: async () => void log.push("lifted") };
    },
  });
}

/** A scenario on a fake target, of these stages. */
export function scenarioOf(stages: readonly Partial<Stage>[], changes: Partial<Scenario> = {}): Scenario {
  return {
    id: "test",
    title: "A test",
    target: targetOf({}),
    posture: "hardened",
    knobs: {},
    fleets: [],
    stages: stages.map((stage, at) => ({
      name: `stage-${at}`,
      together: false,
      attacks: [],
      disruptions: [],
      ...stage,
    })),
    expects: [],
    ...changes,
  };
}

/** A load that does `work`, for so many clients. */
export function loadOf(work: Load["apply"] = async () => {}, clients = 3): Load {
  return defineLoad({
    id: "mqtt.fake-load",
    title: "Use it honestly",
    speaks: "mqtt",
    explains: "Nothing.",
    over: "ws",
    parameters: z.object({}),
    clients: () => clients,
    lastsMs: () => 1_000,
    apply: work,
  });
}
