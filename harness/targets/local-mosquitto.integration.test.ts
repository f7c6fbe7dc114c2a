import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect as connectTcp, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { Bench, LabAddress } from "#contract/bench.ts";
import { Refused } from "#contract/errors.ts";
import type { Identity } from "#contract/identity.ts";
import type { Observation } from "#contract/observation.ts";
import type { Claim, Left, Posture, RunningTarget, Tally } from "#contract/target.ts";
import { connect } from "#simulator/mqtt/client.ts";
import { Leases, reapOrphans } from "#store/leases.ts";
import { benchOf, loopback, randomOf, realClock } from "#testing/bench.ts";
import { localMosquitto } from "./local-mosquitto.ts";

const claim: Claim = async ({ port, scheme, path }) => loopback(port, scheme, path === undefined ? {} : { path });
const history: Observation[] = [];
const pids: number[] = [];

function bench(): Bench {
  return benchOf(history, { clock: realClock(), random: randomOf(7), actor: "target:local:mosquitto" });
}

const lease = (left: Left) => {
  if ("pid" in left) pids.push(left.pid);
};

async function start(posture: Posture, devices = 2): Promise<RunningTarget> {
  return stack.use(await localMosquitto.start(bench(), claim, { posture, knobs: {}, devices, lease, environment: {} }));
}

let stack = new AsyncDisposableStack();
afterEach(async () => {
  await stack.disposeAsync();
  stack = new AsyncDisposableStack();
  history.length = 0;
  pids.length = 0;
});

const refusalOf = async (target: RunningTarget, as: Identity, at = target.main): Promise<string> => {
  try {
    await using session = await connect(bench(), at, as);
    return session.isOpen ? "admitted" : "lost";
  } catch (cause) {
    return cause instanceof Refused ? cause.code : String(cause);
  }
};

function webSocketOf(target: RunningTarget): LabAddress {
  const at = target.address("ws");
  if (at === undefined) throw new Error("no listener for WebSocket");
  return at;
}

function role(target: RunningTarget, name: "operator" | "intruder" | "victim"): Identity {
  const identity = target.identities[name];
  if (identity === undefined) throw new Error(`no ${name}`);
  return identity;
}

function tallyOf(target: RunningTarget): Promise<Tally> {
  if (target.tally === undefined) throw new Error("counts nothing");
  return target.tally();
}

/** Whether the process that was started so many before runs. */
function isAlive(at: number): boolean {
  try {
    return process.kill(pids[at] ?? 0, 0);
  } catch {
    return false;
  }
}

/** The letter that the kernel has for what a process does; `T` is frozen. */
function stateOf(at: number): string | undefined {
  return /\) (\w)/.exec(readFileSync(`/proc/${pids[at]}/stat`, "utf8"))?.[1];
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

  it("binds the client id to the account, over WebSocket too", async () => {
    const target = await start("hardened");
    await using victim = await connect(bench(), target.main, role(target, "victim"));
    for (const at of [target.main, webSocketOf(target)]) {
      expect(await refusalOf(target, { ...role(target, "intruder"), clientId: "victim" }, at)).toBe("admitted");
      expect(await victim.ping(1_000)).toBe(true);
    }
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

describe("the listener for WebSocket", () => {
  it("lets in and turns away whom the other does, and delivers between the two", async () => {
    const target = await start("hardened");
    const at = webSocketOf(target);
    expect(at).toMatchObject({ scheme: "ws", path: "/mqtt" });
    expect(await refusalOf(target, { clientId: "stranger" }, at)).toBe("CONNACK 5");
    await using operator = await connect(bench(), at, role(target, "operator"));
    await using victim = await connect(bench(), target.main, role(target, "victim"));
    await operator.subscribe(["devices/#"]);
    await victim.publish("devices/victim/telemetry", "21.5", { qos: 1 });
    expect(await operator.until(({ payload }) => payload === "21.5", 1_000)).toBeDefined();
  });

  it("comes back on the same port after a kill that cut its clients off", async () => {
    const target = await start("hardened");
    const at = webSocketOf(target);
    await using victim = await connect(bench(), at, role(target, "victim"));
    await target.can.kill?.(0);
    expect((await victim.ended).by).toBe("them");
    expect(await refusalOf(target, role(target, "victim"), at)).toBe("admitted");
  });
});

describe("a kill", () => {
  it("ends the broker without a word, and brings it back on the same port", async () => {
    const target = await start("hardened");
    const killed = target.can.kill?.(300);
    await expect.poll(() => isAlive(0)).toBe(false);
    await expect(connect(bench(), target.main, role(target, "victim"))).rejects.toThrow("ECONNREFUSED");
    await killed;
    expect(await refusalOf(target, role(target, "victim"))).toBe("admitted");
    expect(history.filter(({ action }) => action === "exited")).toEqual([]);
  });
});

describe("a pause", () => {
  it("leaves connections unanswered until it is lifted", async () => {
    const target = await start("hardened");
    const pause = await target.can.pause?.();
    const early = connect(bench(), target.main, role(target, "victim"), { withinMs: 300 });
    await expect(early).rejects.toThrow("no CONNACK");
    await pause?.[Symbol.asyncDispose]();
    expect(await refusalOf(target, role(target, "victim"))).toBe("admitted");
  });

  it("lasts until the last of two is lifted", async () => {
    const target = await start("hardened");
    const [first, second] = [await target.can.pause?.(), await target.can.pause?.()];
    await first?.[Symbol.asyncDispose]();
    await expect.poll(() => stateOf(0)).toBe("T");
    await second?.[Symbol.asyncDispose]();
    await expect.poll(() => stateOf(0)).not.toBe("T");
  });

  it("is lifted without complaint when its broker has died, and leaves the next one alone", async () => {
    const target = await start("hardened");
    const pause = await target.can.pause?.();
    await target.can.kill?.(0);
    await pause?.[Symbol.asyncDispose]();
    expect(await refusalOf(target, role(target, "victim"))).toBe("admitted");
  });

  it("keeps nobody from ending the broker", async () => {
    const target = await start("hardened");
    await target.can.pause?.();
    await target[Symbol.asyncDispose]();
    expect(isAlive(0)).toBe(false);
  });

  it("does not hide a broker from the next start, when this one is killed", async () => {
    const target = await start("hardened");
    await target.can.pause?.();
    const directory = mkdtempSync(join(tmpdir(), "test-leases-"));
    stack.defer(() => rmSync(directory, { recursive: true }));
    new Leases(directory, "killed-run").take({ pid: pids[0] ?? 0, what: "mosquitto" });
    for (const name of readdirSync(directory)) {
      const path = join(directory, name);
      // As if the process with our id were another one by now.
      writeFileSync(path, readFileSync(path, "utf8").replace(/("owner":\{"pid":\d+,"began":)"\d+"/, '$1"0"'));
    }
    expect(reapOrphans(directory).ended).toHaveLength(1);
    await expect.poll(() => isAlive(0)).toBe(false);
  });
});

describe("what Mosquitto counts", () => {
  it("is exactly what clients did between two readings, which do not count themselves", async () => {
    const target = await start("hardened");
    const before = await tallyOf(target);
    {
      await using operator = await connect(bench(), webSocketOf(target), role(target, "operator"));
      await using victim = await connect(bench(), target.main, role(target, "victim"));
      await operator.subscribe(["devices/#"]);
      for (let n = 0; n < 50; n += 1) await victim.publish("devices/victim/telemetry", `${n}`, { qos: 1 });
      await operator.until(({ payload }) => payload === "49", 1_000);
    }
    const [after, later] = [await tallyOf(target), await tallyOf(target)];
    expect(after).toEqual({
      connections: (before.connections ?? 0) + 2,
      publishesReceived: (before.publishesReceived ?? 0) + 50,
      publishesSent: (before.publishesSent ?? 0) + 50,
      from: "$SYS/broker/publish/messages, log",
    });
    expect(later).toEqual(after);
  });

  it("can be read while the operator is connected, whose session goes on", async () => {
    const target = await start("hardened");
    await using operator = await connect(bench(), target.main, role(target, "operator"));
    await tallyOf(target);
    expect(await operator.ping(1_000)).toBe(true);
  });

  it("is only what the log says after a second start, as the broker has forgotten the rest", async () => {
    const target = await start("hardened");
    await refusalOf(target, role(target, "victim"));
    await target.can.restart?.(0);
    await refusalOf(target, role(target, "victim"));
    await expect.poll(() => tallyOf(target)).toEqual({ connections: 2, from: "log" });
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
