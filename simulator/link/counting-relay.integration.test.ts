import { connectAsync, type MqttClient } from "mqtt";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Scheme } from "#contract/bench.ts";
import type { Identity } from "#contract/identity.ts";
import type { Claim, RunningTarget, Tally } from "#contract/target.ts";
import { localMosquitto } from "#targets/local-mosquitto.ts";
import { benchOf, loopback, randomOf, realClock } from "#testing/bench.ts";
import { type CountingRelay, openCountingRelay } from "./counting-relay.ts";

const devices = 8;
const readings = 25;

let stack: AsyncDisposableStack;
beforeEach(() => {
  stack = new AsyncDisposableStack();
});
afterEach(() => stack.disposeAsync());

const bench = () => benchOf([], { clock: realClock(), random: randomOf(7) });

const claim: Claim = async ({ port, scheme }) => loopback(port, scheme);

async function hardenedMosquitto(): Promise<RunningTarget> {
  const order = { posture: "hardened", knobs: {}, devices, environment: {}, lease: () => {} } as const;
  return stack.use(await localMosquitto.start(bench(), claim, order));
}

async function relayTo(target: RunningTarget, scheme: Scheme): Promise<CountingRelay> {
  const to = target.address(scheme);
  if (to === undefined) throw new Error(`no listener for ${scheme}`);
  return stack.use(await openCountingRelay(bench(), to));
}

async function clientOf({ host, port }: CountingRelay, scheme: Scheme, as: Identity | undefined): Promise<MqttClient> {
  const client = await connectAsync(`${scheme}://${host}:${port}/mqtt`, { ...as, reconnectPeriod: 0 }, false);
  stack.defer(() => void client.end(true));
  return client;
}

async function tallyOf(target: RunningTarget): Promise<Required<Tally>> {
  const { connections = NaN, publishesReceived = NaN, publishesSent = NaN, from = "" } = (await target.tally?.()) ?? {};
  return { connections, publishesReceived, publishesSent, from };
}

describe.each(["mqtt", "ws"] as const)("packets between MQTT.js and a Mosquitto over %s", (scheme) => {
  it("are counted by the relay as by the two ends", async () => {
    const target = await hardenedMosquitto();
    const relay = await relayTo(target, scheme);
    const before = await tallyOf(target);

    const operator = await clientOf(relay, scheme, target.identities.operator);
    let heard = 0;
    operator.on("message", () => {
      heard += 1;
    });
    await operator.subscribeAsync("devices/#");
    await expect(clientOf(relay, scheme, { clientId: "stranger" })).rejects.toThrow("Not authorized");
    const sizes = [0, 100, 200, 4_000, 16_000];
    // One device after the other: over WebSocket Mosquitto hands on slowly, and drops what more than 100 wait behind.
    for (const as of target.identities.devices) {
      const client = await clientOf(relay, scheme, as);
      for (let n = 0; n < readings; n += 1) {
        const payload = "x".repeat(sizes[n % sizes.length] ?? 0);
        // 2.0.11 does not count what it receives with QoS 2.
        await client.publishAsync(as.topics.telemetry, payload, { qos: n % 2 === 0 ? 1 : 0 });
      }
      await client.endAsync();
    }
    const published = devices * readings;
    await expect.poll(() => heard, { timeout: 5_000 }).toBe(published);

    expect(relay.counts()).toEqual({
      connects: devices + 2,
      accepted: devices + 1,
      published,
      delivered: published,
    });
    const after = await tallyOf(target);
    expect({
      connections: after.connections - before.connections,
      publishesReceived: after.publishesReceived - before.publishesReceived,
      publishesSent: after.publishesSent - before.publishesSent,
    }).toEqual({ connections: devices + 1, publishesReceived: published, publishesSent: published });
  });
});
