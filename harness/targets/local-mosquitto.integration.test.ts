import { readdirSync } from "node:fs";
import { createServer } from "node:net";
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
const disposables = new AsyncDisposableStack();
const history: Observation[] = [];
const pids: number[] = [];

function bench(): Bench {
  return benchOf(history, { clock: realClock(), random: randomOf(7), actor: "target:local:mosquitto" });
}

async function start(posture: Posture, devices = 2): Promise<RunningTarget> {
  const lease = ({ pid }: { readonly pid: number }) => void pids.push(pid);
  return stack.use(await localMosquitto.start(bench(), claim, { posture, knobs: {}, devices, lease }));
}

let stack = disposables;
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

/** Whether the operator hears what `from` publishes to `topic`. */
async function delivers(target: RunningTarget, from: Identity, topic: string): Promise<boolean> {
  await using operator = await connect(bench(), target.main, role(target, "operator"));
  await using sender = await connect(bench(), target.main, from);
  await operator.subscribe(["#"]);
  await sender.publish(topic, "canary", { qos: 1 });
  return (await operator.until((message) => message.topic === topic, 500)) !== undefined;
}

describe("the weak Mosquitto", () => {
  it("admits strangers and the factory account, and checks secrets that are presented", async () => {
    const target = await start("weak");
    expect(await refusalOf(target, { clientId: "stranger" })).toBe("admitted");
    expect(await refusalOf(target, { clientId: "a", username: "admin", password: "admin" })).toBe("admitted");
    expect(await refusalOf(target, { clientId: "b", username: "admin", password: "wrong" })).toBe("CONNACK 5");
    expect(await refusalOf(target, role(target, "victim"))).toBe("admitted");
    expect(await delivers(target, { clientId: "stranger" }, "devices/victim/command")).toBe(true);
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
    const intruder = role(target, "intruder");
    expect(await delivers(target, intruder, "devices/intruder/telemetry")).toBe(true);
    expect(await delivers(target, intruder, "devices/victim/command")).toBe(false);
    expect(await delivers(target, role(target, "operator"), "devices/victim/command")).toBe(true);
  });

  it("binds the client id to the account", async () => {
    const target = await start("hardened");
    await using victim = await connect(bench(), target.main, role(target, "victim"));
    expect(await refusalOf(target, { ...role(target, "intruder"), clientId: "victim" })).toBe("admitted");
    expect(await victim.ping(1_000)).toBe(true);
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
  console.info(`10,000 accounts: ${Math.round(performance.now() - began)} ms`);
  expect(performance.now() - began).toBeLessThan(5_000);
  expect(await refusalOf(target, target.identities.devices[9_999] ?? { clientId: "none" })).toBe("admitted");
});
