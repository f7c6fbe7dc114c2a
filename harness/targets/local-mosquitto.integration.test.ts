import { once } from "node:events";
import { readdirSync } from "node:fs";
import { connect as connectTcp, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { afterEach, describe, expect, it } from "vitest";
import type { Bench } from "#contract/bench.ts";
import { Refused } from "#contract/errors.ts";
import type { Identity } from "#contract/identity.ts";
import type { Observation } from "#contract/observation.ts";
import type { Claim, Posture, RunningTarget } from "#contract/target.ts";
import { connect } from "#simulator/mqtt/client.ts";
import { benchOf, loopback, randomOf, realClock } from "#testing/bench.ts";
import { localMosquitto } from "./local-mosquitto.ts";

const claim: Claim = async ({ port, scheme }) => loopback(port, scheme);
const history: Observation[] = [];
const pids: number[] = [];

function bench(): Bench {
  return benchOf(history, { clock: realClock(), random: randomOf(7), actor: "target:local:mosquitto" });
}

const lease = ({ pid }: { readonly pid: number }) => void pids.push(pid);

async function start(posture: Posture, devices = 2): Promise<RunningTarget> {
  return stack.use(await localMosquitto.start(bench(), claim, { posture, knobs: {}, devices, lease }));
}

let stack = new AsyncDisposableStack();
afterEach(async () => {
  await stack.disposeAsync();
  stack = new AsyncDisposableStack();
  history.length = 0;
  pids.length = 0;
});

const refusalOf = async (target: RunningTarget, as: Identity): Promise<string> => {
  try {
    await using session = await connect(bench(), target.main, as);
    return session.isOpen ? "admitted" : "lost";
  } catch (cause) {
    return cause instanceof Refused ? cause.code : String(cause);
  }
};

function role(target: RunningTarget, name: "operator" | "intruder" | "victim"): Identity {
  const identity = target.identities[name];
  if (identity === undefined) throw new Error(`no ${name}`);
  return identity;
}

/** Whether `to`, who asks for everything, hears what `from` publishes to `topic`. */
async function delivers(target: RunningTarget, from: Identity, to: Identity, topic: string): Promise<boolean> {
  await using hearer = await connect(bench(), target.main, to);
  await using sender = await connect(bench(), target.main, from);
  await hearer.subscribe(["#", "$SYS/#"]);
  await sender.publish(topic, "canary", { qos: 1 });
  return (await hearer.until((message) => message.topic === topic, 500)) !== undefined;
}

describe("the weak Mosquitto", () => {
  it("admits strangers and the factory account, and checks secrets that are presented", async () => {
    const target = await start("weak");
    expect(await refusalOf(target, { clientId: "stranger" })).toBe("admitted");
    expect(await refusalOf(target, { clientId: "a", username: "admin", password: "admin" })).toBe("admitted");
    expect(await refusalOf(target, { clientId: "b", username: "admin", password: "wrong" })).toBe("CONNACK 5");
    expect(await refusalOf(target, role(target, "victim"))).toBe("admitted");
    expect(await delivers(target, { clientId: "a" }, { clientId: "b" }, "devices/victim/command")).toBe(true);
  });

  it("says which version it is, and that it is more than a simulation", async () => {
    const { facts } = await start("weak");
    expect(facts.product).toMatch(/^mosquitto \d+\.\d+/);
    expect(facts).toMatchObject({ fidelity: "emulated", posture: "weak" });
  });
});

describe("the hardened Mosquitto", () => {
  it("admits accounts only, and every account it handed out", async () => {
    const target = await start("hardened", 3);
    expect(await refusalOf(target, { clientId: "stranger" })).toBe("CONNACK 5");
    expect(await refusalOf(target, { clientId: "a", username: "admin", password: "admin" })).toBe("CONNACK 5");
    const all = [
      role(target, "operator"),
      role(target, "intruder"),
      role(target, "victim"),
      ...target.identities.devices,
    ];
    expect(all).toHaveLength(6);
    for (const identity of all) expect(await refusalOf(target, identity)).toBe("admitted");
  });

  it("delivers what a device publishes on its own topics, and nothing on those of others", async () => {
    const target = await start("hardened");
    const [operator, intruder, victim] = [role(target, "operator"), role(target, "intruder"), role(target, "victim")];
    expect(await delivers(target, intruder, operator, "devices/intruder/telemetry")).toBe(true);
    expect(await delivers(target, intruder, operator, "devices/victim/command")).toBe(false);
    expect(await delivers(target, intruder, operator, "anything/else")).toBe(false);
    expect(await delivers(target, operator, victim, "devices/victim/command")).toBe(true);
    expect(await delivers(target, operator, intruder, "devices/victim/command")).toBe(false);
  });

  it("shows $SYS to the operator only", async () => {
    const target = await start("hardened");
    for (const [name, shown] of [
      ["operator", true],
      ["intruder", false],
    ] as const) {
      await using session = await connect(bench(), target.main, role(target, name));
      await session.subscribe(["$SYS/#"]);
      expect((await session.until(({ topic }) => topic === "$SYS/broker/version", 500)) !== undefined).toBe(shown);
    }
  });

  it("ends a client that sends more than 16 KiB at once", async () => {
    const target = await start("hardened");
    await using victim = await connect(bench(), target.main, role(target, "victim"));
    await victim.publish("devices/victim/telemetry", "x".repeat(20_000), { qos: 0 });
    expect(await victim.ping(1_000)).toBe(false);
  });

  it("binds the client id to the account", async () => {
    const target = await start("hardened");
    await using victim = await connect(bench(), target.main, role(target, "victim"));
    expect(await refusalOf(target, { ...role(target, "intruder"), clientId: "victim" })).toBe("admitted");
    expect(await victim.ping(1_000)).toBe(true);
  });

  it("limits connections to the fleet's and 150 others", async () => {
    const target = await start("hardened", 0);
    const closed = new Set<Socket>();
    // One by one, because the kernel queues no more than 100 that the broker has not accepted yet.
    for (let n = 0; n < 200; n += 1) {
      const socket = connectTcp(target.main.port, "127.0.0.1").resume();
      stack.defer(() => void socket.destroy());
      socket.on("error", () => {}).once("close", () => closed.add(socket));
      await once(socket, "connect");
    }
    // 2.0.11 counts our look whether it is up as one less than none.
    await expect.poll(() => closed.size, { timeout: 5_000 }).toBeGreaterThanOrEqual(49);
    expect(closed.size).toBeLessThanOrEqual(50);
  });

  it("has a port, configuration and lease of its own for each start", async () => {
    const [one, other] = [await start("hardened"), await start("hardened")];
    expect(one.main.port).not.toBe(other.main.port);
    expect(new Set(pids).size).toBe(2);
  });
});

it("comes back on the same port after a restart, with the same accounts", async () => {
  const target = await start("hardened");
  const restarted = target.can.restart?.(300);
  await new Promise((resolve) => setTimeout(resolve, 150));
  await expect(connect(bench(), target.main, role(target, "victim"))).rejects.toThrow("ECONNREFUSED");
  await restarted;
  expect(await refusalOf(target, role(target, "victim"))).toBe("admitted");
  expect(history.filter(({ action }) => action === "exited")).toEqual([]);
});

it("notes an end that nobody asked for", async () => {
  await start("weak");
  process.kill(pids[0] ?? 0, "SIGKILL");
  await expect
    .poll(() => history.find(({ action }) => action === "exited")?.detail)
    .toMatchObject({ signal: "SIGKILL" });
});

it("leaves no process and no file behind", async () => {
  const before = readdirSync(tmpdir()).filter((name) => name.startsWith("seatrial-"));
  const target = await start("hardened");
  expect(readdirSync(tmpdir()).filter((name) => name.startsWith("seatrial-"))).toEqual(before);
  await target[Symbol.asyncDispose]();
  expect(() => process.kill(pids[0] ?? 0, 0)).toThrow("ESRCH");
  const port = target.main.port;
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(port, "127.0.0.1", resolve));
  await new Promise<void>((resolve) => void server.close(() => resolve()));
});

it("writes what the broker logs in sums, not line by line", async () => {
  const target = await start("hardened");
  for (let n = 0; n < 20; n += 1) await refusalOf(target, { clientId: `stranger-${n}` });
  await target[Symbol.asyncDispose]();
  const logs = history.filter(({ action }) => action === "log");
  expect(logs.length).toBeGreaterThan(0);
  expect(logs.length).toBeLessThan(10);
  expect(JSON.stringify(logs)).toContain("refused");
});

it("is ready within five seconds with ten thousand accounts", async () => {
  const began = performance.now();
  const target = await start("hardened", 10_000);
  expect(performance.now() - began).toBeLessThan(5_000);
  expect(await refusalOf(target, target.identities.devices[9_999] ?? { clientId: "none" })).toBe("admitted");
});
