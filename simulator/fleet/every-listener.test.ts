import { describe, expect, it } from "vitest";
import type { MqttScheme } from "#contract/bench.ts";
import type { Observation } from "#contract/observation.ts";
import { benchOf, loopback, realClock } from "#testing/bench.ts";
import { knobsOf } from "../broker/broker-knobs.ts";
import { startBroker } from "../broker/embedded-broker.ts";
import { webSocketPath } from "../broker/transports.ts";
import { waterValve } from "../devices/water-valve.ts";
import { fleetOf } from "./fleet.ts";

const clock = realClock();
const size = 10;
const schemes: readonly MqttScheme[] = ["mqtt", "mqtts", "ws", "wss"];

/** A fleet on the hardened embedded broker, over this scheme. */
async function fleetOver(
  scheme: MqttScheme,
  serverName: string,
  known: { readonly authority: boolean; readonly witness: boolean },
) {
  const history: Observation[] = [];
  const broker = await startBroker(benchOf([], { clock }), { knobs: knobsOf("hardened"), devices: size });
  const trust = { serverName, ...(known.authority && { ca: broker.ca }) };
  const { operator, devices: identities } = broker.identities;
  const fleet = await fleetOf({ device: waterValve, size, posture: {} }).start(
    benchOf(history, { actor: "device:water-valve", clock }),
    {
      at: loopback(broker.ports.get(scheme) ?? 0, scheme, { path: webSocketPath, ...trust }),
      identities,
      ...(operator && known.witness && { witness: operator }),
    },
  );
  return {
    fleet,
    account: () => Object(history.findLast(({ action }) => action === "fleet.telemetry")?.detail),
    async [Symbol.asyncDispose]() {
      await fleet[Symbol.asyncDispose]();
      await broker[Symbol.asyncDispose]();
    },
  };
}

describe.each(schemes)("a fleet over %s", (scheme) => {
  it("comes up on the hardened broker, and its witness hears all that it says", async () => {
    await using over = await fleetOver(scheme, "localhost", { authority: true, witness: true });
    expect(await over.fleet.settled(2_000)).toBe(true);
    await clock.sleep(500);
    await over.fleet[Symbol.asyncDispose]();
    expect(over.account()).toMatchObject({ lost: 0, dropped: 0, buffered: 0 });
    expect(over.account().delivered).toBeGreaterThan(0);
  });
});

it("talks to no broker whose certificate no known authority signed", async () => {
  await using over = await fleetOver("mqtts", "localhost", { authority: false, witness: false });
  expect(await over.fleet.settled(400)).toBe(false);
});

it("talks to no broker whose certificate is for another name", async () => {
  await using over = await fleetOver("mqtts", "elsewhere.test", { authority: true, witness: false });
  expect(await over.fleet.settled(400)).toBe(false);
});
