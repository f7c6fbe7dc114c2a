import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Observation } from "#contract/observation.ts";
import type { Claim, RunningTarget } from "#contract/target.ts";
import { embeddedHome } from "#targets/embedded-home.ts";
import { benchOf, loopback, randomOf, realClock } from "#testing/bench.ts";
import { gateway } from "../devices/gateway.ts";
import { light } from "../devices/light.ts";
import { type HonestClient, honestClient } from "../mqtt/honest-client.ts";
import { fleetOf } from "./fleet.ts";

const clock = realClock();
const claim: Claim = async ({ scheme, port, host: _host, ...more }) => loopback(port, scheme, more);
let stack: AsyncDisposableStack;
let history: Observation[];
let target: RunningTarget;
let operator: HonestClient;

beforeEach(async () => {
  history = [];
  stack = new AsyncDisposableStack();
  const bench = benchOf(history, { clock });
  target = stack.use(
    await embeddedHome.start(bench, claim, {
      posture: "hardened",
      knobs: {},
      devices: 16,
      lease: () => {},
      environment: {},
    }),
  );
  await startFleets();
  operator = await operatorOn(target);
});

afterEach(() => stack.disposeAsync());

/** A gateway, and fifteen lights: more than one page of the directory, and more than one endpoint may observe. */
async function startFleets(): Promise<void> {
  const listeners = (["mqtt", "coap", "coaps"] as const).flatMap((scheme) => target.address(scheme) ?? []);
  const byMqtt = target.identitiesFor?.("mqtt") ?? target.identities;
  const byCoap = target.identitiesFor?.("coap") ?? target.identities;
  const field = byCoap.operator;
  const seats = [
    { device: gateway, size: 1, scheme: "mqtt", identities: byMqtt.devices },
    { device: light, size: 15, scheme: "coap", identities: byCoap.devices.slice(1) },
  ] as const;
  for (const { device, size, scheme, identities } of seats) {
    const bench = benchOf(history, { actor: `device:${device.id}`, clock, random: randomOf(size) });
    const at = target.address(scheme) ?? target.main;
    const fleet = fleetOf({ device, size, posture: {} });
    stack.use(await fleet.start(bench, { at, listeners, identities, ...(field && { field }) }));
  }
}

async function operatorOn({ main, identities }: RunningTarget): Promise<HonestClient> {
  const as = identities.operator ?? { clientId: "operator" };
  const client = stack.use(await honestClient(benchOf([], { clock }), main, as));
  await client.subscribe("devices/+/field/#", 1);
  return client;
}

/** Topics on which something was said since message number `since`. */
function topicsSince(since: number, end: string): ReadonlySet<string> {
  const topics = operator.messages.slice(since).map(({ topic }) => topic);
  return new Set(topics.filter((topic) => topic.endsWith(end)));
}

/** What lights did. */
function actuated(): readonly Observation[] {
  return history.filter(({ action, actor }) => action === "device.actuated" && actor === "device:light");
}

/** Waits until this holds, so long at most. */
async function until(holds: () => boolean, withinMs: number): Promise<void> {
  for (let waitedMs = 0; waitedMs < withinMs && !holds(); waitedMs += 100) await clock.sleep(100);
  expect(holds()).toBe(true);
}

describe("a gateway in a home", () => {
  it("brings the readings of all its devices across, also those that it may not observe", async () => {
    await until(() => topicsSince(0, "/telemetry").size === 15, 10_000);
    const reading = operator.messages.find(({ topic }) => topic.endsWith("/telemetry"));
    expect(reading?.topic).toMatch(/^devices\/device-0001\/field\/device-00(0[2-9]|1[0-6])\/telemetry$/);
    expect(JSON.parse(reading?.payload ?? "")).toMatchObject({ seq: expect.any(Number), on: expect.any(Boolean) });
  });

  it("brings a command across to the device that it is for", async () => {
    await until(() => topicsSince(0, "/device-0004/telemetry").size === 1, 10_000);
    const command = { to: "device-0004", command: "dim", value: 3 };
    await operator.publish("devices/device-0001/command", JSON.stringify(command), { qos: 1 });
    await until(() => actuated().length > 0, 3_000);
    expect(actuated().map(({ detail }) => detail)).toEqual([{ clientId: "device-0004", what: "dim", to: 3 }]);
  });

  it("finds its way back when the device server was gone and has forgotten everything", async () => {
    await until(() => topicsSince(0, "/telemetry").size === 15, 10_000);
    await target.can.kill?.(500);
    // The broker was killed, too, so the operator has to come back as well.
    await clock.sleep(1_000);
    operator = await operatorOn(target);
    await until(() => topicsSince(0, "/telemetry").size === 15, 40_000);
    expect(topicsSince(0, "/telemetry").size).toBe(15);
  });
});
