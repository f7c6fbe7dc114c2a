import { z } from "zod";
import { defineAttack } from "#contract/attack.ts";
import type { Catalogue } from "#contract/catalogue.ts";
import type { DeviceType } from "#contract/device.ts";
import { defineDisruption } from "#contract/disruption.ts";
import { defineLoad } from "#contract/load.ts";
import { count, duration } from "#contract/parameters.ts";
import type { Target } from "#contract/target.ts";
import { attackOf, deviceOf, loadOf, targetOf } from "./units.ts";

const topicSnoop = attackOf({
  id: "mqtt.topic-snoop",
  title: "Listen to everything",
  needs: ["intruder", "victim"],
  checks: [checkOf("strangers-get-no-topics", ["mqtt.topic-snoop"])],
});

const halfOpen = defineAttack({
  ...attackOf({ id: "mqtt.half-open", title: "Never finish a connect", needs: ["victim"], strains: true }),
  parameters: z.strictObject({
    connections: count({ atLeast: 20, atMost: 2_000 }).default(200).describe("connections to open"),
    dropWithin: duration({ atLeast: "1s", atMost: "120s" }).prefault("10s").describe("when it must be closed"),
  }),
  atMostMs: ({ dropWithin }) => dropWithin + 5_000,
});

const connectFlood = attackOf({
  id: "mqtt.connect-flood",
  title: "Take every place",
  needs: ["victim"],
  strains: true,
});

const connectStorm = defineLoad({
  ...loadOf(),
  id: "mqtt.connect-storm",
  title: "Connect all at once",
  parameters: z.strictObject({
    clients: count({ atLeast: 1, atMost: 2_000 }).default(100).describe("clients to connect"),
    lasts: duration({ atLeast: "1s", atMost: "10m" }).prefault("10s").describe("how long it goes on"),
  }),
  clients: ({ clients }) => clients,
  lastsMs: ({ lasts }) => lasts,
});

const fakeDisruption = {
  explains: "Nothing.",
  watchMs: () => 5_000,
  impose: async () => ({ [Symbol.asyncDispose]: async () => {} }),
};

const brokerRestart = defineDisruption({
  ...fakeDisruption,
  id: "broker-restart",
  title: "The broker goes away and comes back",
  needs: ["restart"],
  parameters: z.strictObject({ downFor: duration({ atMost: "60s" }).prefault("2s").describe("how long") }),
  severs: true,
  lastsMs: ({ downFor }) => downFor,
});

const linkCut = defineDisruption({
  ...fakeDisruption,
  id: "link-cut",
  title: "The link is gone",
  needs: ["cutLink"],
  parameters: z.strictObject({}),
  severs: true,
  lastsMs: () => 3_000,
});

const slowLink = defineDisruption({
  ...fakeDisruption,
  id: "slow-link",
  title: "Everything takes longer",
  needs: ["slowLink"],
  parameters: z.strictObject({}),
  severs: false,
  lastsMs: () => 2_000,
});

const thermostat: DeviceType = deviceOf({
  id: "thermostat",
  title: "A thermostat",
  can: ["heat"],
  behaviours: [
    {
      name: "reconnect",
      knobs: {
        reconnect: { values: ["full-jitter", "exponential", "fixed", "none"], means: "how it comes back" },
        buffer: { values: ["bounded", "none"], means: "what it keeps meanwhile" },
      },
      attach: () => () => [],
    },
  ],
});

const ipCamera = deviceOf({ id: "ip-camera", title: "A camera", can: ["see", "hear"] });

/** A target under this id; `embedded` has knobs and can restart. */
export function targetNamed(id: string, changes: Partial<Target> = {}): Target {
  return { ...targetOf({}), id, title: `The target ${id}`, ...changes };
}

const embedded = targetNamed("embedded", {
  offers: ["restart"],
  knobs: z.strictObject({
    authentication: z.enum(["none", "shared", "per-device", "certificate"]).optional().describe("who is let in"),
    maxConnections: count({ atMost: 100_000 }).optional().describe("most connections"),
  }),
});

function checkOf(id: string, needs: readonly string[]) {
  return {
    id,
    asks: "Is it?",
    covers: "P1.1/closed-by-default",
    remedy: "Close it.",
    needs,
    judge: () => ({ verdict: "not-tested", says: "", evidence: [] }) as const,
  };
}

function byId<T extends { readonly id: string }>(units: readonly T[]): ReadonlyMap<string, T> {
  return new Map(units.map((unit) => [unit.id, unit]));
}

/** A small catalogue that shows every feature a plan can use. */
export function catalogueOf(changes: Partial<Catalogue> = {}): Catalogue {
  return {
    attacks: byId([topicSnoop, halfOpen, connectFlood]),
    disruptions: byId([brokerRestart, linkCut, slowLink]),
    loads: byId([connectStorm]),
    devices: byId([thermostat, ipCamera]),
    targets: byId([embedded, targetNamed("local:mosquitto", { offers: ["restart"], remembersStrain: true })]),
    freeChecks: new Map(),
    checks: topicSnoop.checks,
    renderers: new Map(),
    fleetOf: (device, size, posture) => ({
      device,
      size,
      posture,
      start: async () => {
        throw new Error("a plan starts nothing");
      },
    }),
    ...changes,
  };
}
