import { connectAsync } from "mqtt";
import { expect, it } from "vitest";
import type { LabAddress } from "#contract/bench.ts";
import type { Observation } from "#contract/observation.ts";
import type { Claim, TargetOrder } from "#contract/target.ts";
import { benchOf, loopback, realClock } from "#testing/bench.ts";
import { embedded } from "./embedded.ts";

const claim: Claim = async ({ scheme, port, host: _host, ...more }) => loopback(port, scheme, more);

function start(order: Partial<TargetOrder> = {}, claims = claim, history: Observation[] = []) {
  const bench = benchOf(history, { clock: realClock(), actor: "target:embedded" });
  return embedded.start(bench, claims, {
    posture: "hardened",
    knobs: {},
    devices: 3,
    lease: () => {},
    environment: {},
    ...order,
  });
}

function connect(
  at: LabAddress,
  { clientId, username = "", password = "" }: { [k in "clientId"]: string } & { username?: string; password?: string },
) {
  const url = `${at.scheme}://${at.serverName ?? at.host}:${at.port}${at.path ?? ""}`;
  return connectAsync(url, {
    clientId,
    username,
    password,
    reconnectPeriod: 0,
    ...(at.ca !== undefined && { ca: at.ca }),
  });
}

it("tells what it is, and in which knobs", async () => {
  await using target = await start({ knobs: { parsing: "lenient" }, devices: 2_000 });
  expect(target.facts).toMatchObject({
    id: "embedded",
    product: "seatrial embedded broker (aedes 1.2.0)",
    fidelity: "simulated",
    posture: "hardened",
    knobs: { parsing: "lenient", authorization: "own-topics", maxConnections: 2_100 },
    protocolLevels: [4],
  });
});

it("hands out identities that it admits, as many as were ordered, and others for another run", async () => {
  await using target = await start();
  const { operator, intruder, victim, devices } = target.identities;
  expect(devices.map(({ clientId }) => clientId)).toEqual(["device-0001", "device-0002", "device-0003"]);
  for (const identity of [operator, intruder, victim, ...devices]) {
    if (identity === undefined) throw new Error("an identity is missing");
    expect(identity.password).toMatch(/^[0-9a-f]{32}$/);
    const client = await connect(target.main, identity);
    await client.endAsync();
  }
  expect(new Set([operator, intruder, victim, ...devices].map((each) => each?.password)).size).toBe(6);
});

it("gives the addresses of its listeners with all that a client needs", async () => {
  await using target = await start();
  const [device] = target.identities.devices;
  if (device === undefined) throw new Error("no device");
  expect(target.main).toBe(target.address("mqtt"));
  for (const scheme of ["mqtt", "mqtts", "ws", "wss"] as const) {
    const at = target.address(scheme);
    if (at === undefined) throw new Error(`no ${scheme}`);
    const client = await connect(at, device);
    await client.endAsync();
  }
});

it("makes TLS its main address where clients are known by certificate", async () => {
  await using target = await start({ knobs: { authentication: "certificate" } });
  expect(target.main.scheme).toBe("mqtts");
  expect(target.address("mqtt")).toBeUndefined();
  expect(target.identities.victim?.certificate?.cert).toContain("BEGIN CERTIFICATE");
});

it("restarts on the same port with the same accounts", async () => {
  await using target = await start();
  const [device] = target.identities.devices;
  if (device === undefined) throw new Error("no device");
  await target.can.restart?.(10);
  const client = await connect(target.main, device);
  expect(client.connected).toBe(true);
  await client.endAsync();
});

it("can undergo what it offers, and nothing else", async () => {
  await using target = await start();
  expect(Object.keys(target.can).toSorted()).toEqual(embedded.offers.toSorted());
  expect(embedded.offers).toEqual(["restart", "kill", "pause", "fillDisk"]);
  const [device] = target.identities.devices;
  if (device === undefined) throw new Error("no device");
  await target.can.kill?.(10);
  const full = await target.can.fillDisk?.();
  const frozen = await target.can.pause?.();
  const connecting = connect(target.main, device);
  await frozen?.[Symbol.asyncDispose]();
  await (await connecting).endAsync();
  await full?.[Symbol.asyncDispose]();
});

it("tells what it has counted, also after it was killed", async () => {
  await using target = await start();
  const [device] = target.identities.devices;
  if (device === undefined) throw new Error("no device");
  for (const _ of [1, 2]) {
    const client = await connect(target.main, device);
    await client.subscribeAsync(device.topics.command);
    await client.publishAsync(device.topics.command, "x", { qos: 1 });
    await client.publishAsync(device.topics.state, "x", { qos: 1 });
    await client.endAsync();
    await target.can.kill?.(10);
  }
  expect(await target.tally?.()).toEqual({
    connections: 2,
    publishesReceived: 4,
    publishesSent: 2,
    from: "the broker's own gate",
  });
});

it("leaves nothing that listens where an address is not granted", async () => {
  const asked: number[] = [];
  const refuse: Claim = async ({ port }) => {
    asked.push(port);
    throw new Error("not in scope");
  };
  await expect(start({}, refuse)).rejects.toThrow("not in scope");
  await expect(connectAsync(`mqtt://127.0.0.1:${asked[0]}`, { reconnectPeriod: 0 })).rejects.toThrow("ECONNREFUSED");
});
