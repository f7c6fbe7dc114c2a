import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { z } from "zod";
import type { Bench } from "#contract/bench.ts";
import type { Load, LoadSeat, LoadSecond, Operation } from "#contract/load.ts";
import type { Observation } from "#contract/observation.ts";
import type { Claim, Posture, RunningTarget, Target } from "#contract/target.ts";
import { openCountingRelay } from "#simulator/link/counting-relay.ts";
import { embedded } from "#targets/embedded.ts";
import { localMosquitto } from "#targets/local-mosquitto.ts";
import { benchOf, loopback, randomOf, realClock } from "#testing/bench.ts";
import { connectStorm } from "./connect-storm.ts";
import { publishFanIn } from "./publish-fan-in.ts";
import { sessionResume } from "./session-resume.ts";
import { subscribeFanOut } from "./subscribe-fan-out.ts";

const claim: Claim = async ({ port, scheme, path }) => loopback(port, scheme, path === undefined ? {} : { path });
const clock = realClock();
let history: Observation[] = [];
let pids: number[] = [];
let folder = "";
/** Where this file's own processes put what is temporary; others may run loads meanwhile. */
let temporary = "";
let stack = new AsyncDisposableStack();

beforeEach(() => {
  history = [];
  pids = [];
  folder = mkdtempSync(join(tmpdir(), "seatrial-run-"));
  temporary = mkdtempSync(join(tmpdir(), "seatrial-temporary-"));
  vi.stubEnv("TMPDIR", temporary);
  stack = new AsyncDisposableStack();
});
afterEach(async () => {
  await stack.disposeAsync();
  vi.unstubAllEnvs();
  for (const path of [folder, temporary]) rmSync(path, { recursive: true, force: true });
});

function bench(signal?: AbortSignal): Bench {
  return benchOf(history, { clock, random: randomOf(7), actor: "load:test", ...(signal && { signal }) });
}

async function start(target: Target, posture: Posture, devices: number): Promise<RunningTarget> {
  const quiet = benchOf([], { clock, random: randomOf(3) });
  const order = { posture, knobs: {}, devices, environment: process.env, lease: () => {} };
  return stack.use(await target.start(quiet, claim, order));
}

/** A seat at a target, behind a counter of the lab's. */
async function seatAt(running: RunningTarget): Promise<LoadSeat> {
  const to = running.address("ws");
  if (to === undefined) throw new Error("no WebSocket listener");
  const relay = stack.use(await openCountingRelay(bench(), to));
  const { operator, devices } = running.identities;
  return {
    at: loopback(relay.port, "ws", { path: "/mqtt" }),
    identities: devices,
    ...(operator && { operator }),
    facts: running.facts,
    counted: () => relay.counts() ?? { connects: 0, accepted: 0, published: 0, delivered: 0 },
    ...(running.tally && { tally: () => tallyOf(running) }),
    folder,
    folderInRun: "load/test",
    lease: (left) => {
      if ("pid" in left) pids.push(left.pid);
    },
    environment: process.env,
  };
}

function tallyOf(running: RunningTarget) {
  if (running.tally === undefined) throw new Error("the target lost its tally");
  return running.tally();
}

async function run<P extends z.ZodObject>(
  load: Load<P>,
  running: RunningTarget,
  parameters: object,
  signal?: AbortSignal,
): Promise<void> {
  await load.apply(bench(signal), await seatAt(running), load.parameters.parse(parameters));
}

function details(action: string): readonly Record<string, unknown>[] {
  return history.filter((line) => line.action === action).map(({ detail }) => Object(detail));
}

function sumOf(operation: Operation, part: "ok" | "failed"): number {
  const seconds = history.filter(({ action }) => action === "load.second").map(({ detail }) => detail);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the note under test has this detail
  return (seconds as unknown as LoadSecond[]).reduce(
    (sum, second) => sum + (second.operations[operation]?.[part] ?? 0),
    0,
  );
}

function counted(quantity: string): Record<string, unknown> {
  return details("load.counted").find((detail) => detail["quantity"] === quantity) ?? {};
}

/** Every count of the load is alike at generator, lab and, where it counts, target. */
function expectCountsAlike(): void {
  expect(details("load.counted")).toHaveLength(3);
  for (const detail of details("load.counted")) expect(detail).toMatchObject({ agree: true });
}

function expectNothingLeft(): void {
  expect(pids).toHaveLength(1);
  expect(isRunning(pids[0] ?? 0)).toBe(false);
  expect(readdirSync(temporary)).toEqual([]);
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const targets = [
  ["the hardened embedded broker", embedded, "hardened"],
  ["a weak Mosquitto", localMosquitto, "weak"],
  ["a hardened Mosquitto", localMosquitto, "hardened"],
] as const;

describe.each(targets)("at %s", (_name, target, posture) => {
  it("a connect storm connects, holds and leaves", async () => {
    const running = await start(target, posture, 20);
    await run(connectStorm, running, { clients: 20, rate: 20, lasts: "3s", holds: "500ms" });
    expect(sumOf("connect", "ok")).toBeGreaterThanOrEqual(59);
    expect(sumOf("connect", "failed")).toBe(0);
    expectCountsAlike();
    expect(details("load.check")).toContainEqual(
      expect.objectContaining({ name: "the connection is accepted", fails: 0 }),
    );
    expect(details("load.summary")[0]).toHaveProperty(["metrics", "mqtt_connect_ms", "p(95)"]);
    expectNothingLeft();
  });

  it("publishers have their messages acknowledged", async () => {
    const running = await start(target, posture, 10);
    await run(publishFanIn, running, { clients: 10, rate: 10, arrivesOver: "500ms", lasts: "3s" });
    expect(sumOf("publish", "ok")).toBeGreaterThan(250);
    expect(sumOf("publish", "failed")).toBe(0);
    expect(counted("published")).toMatchObject({ generator: sumOf("publish", "ok") });
    expectCountsAlike();
    expectNothingLeft();
  });

  it("subscribers hear each message once", async () => {
    const running = await start(target, posture, 10);
    await run(subscribeFanOut, running, { clients: 10, rate: 50, arrivesOver: "500ms", lasts: "3s" });
    expect(sumOf("deliver", "ok")).toBe(160);
    expect(sumOf("deliver", "failed")).toBe(0);
    expect(counted("delivered")).toMatchObject({ generator: 160, agree: true });
    expectCountsAlike();
    expectNothingLeft();
  });

  it("clients find their sessions again, and what was written to them", async () => {
    const running = await start(target, posture, 10);
    await run(sessionResume, running, { clients: 10, messages: 5, leavesOver: "500ms", returnsOver: "0s" });
    expect([sumOf("resume", "ok"), sumOf("resume", "failed")]).toEqual([10, 0]);
    expect([sumOf("deliver", "ok"), sumOf("deliver", "failed")]).toEqual([60, 0]);
    expectCountsAlike();
    expectNothingLeft();
  });
});

it("counts one delivery for each subscriber to a topic of all", async () => {
  const running = await start(localMosquitto, "weak", 10);
  const parameters = { clients: 10, rate: 20, to: "all", qos: 0, executor: "constant-vus", lasts: "2s" };
  await run(subscribeFanOut, running, parameters);
  expect(sumOf("deliver", "ok")).toBe(410);
  expect(counted("published")).toMatchObject({ generator: 41, target: 41, agree: true });
  expect(counted("delivered")).toMatchObject({ generator: 410, target: 410, agree: true });
});

it("finds missing what the access rules of a broker withhold", async () => {
  const running = await start(localMosquitto, "hardened", 5);
  await run(subscribeFanOut, running, { clients: 5, rate: 20, to: "all", lasts: "1s", executor: "constant-vus" });
  expect(sumOf("deliver", "ok")).toBe(0);
  expect(sumOf("deliver", "failed")).toBe(5);
});

it("says which thresholds held, and ends well all the same", async () => {
  const running = await start(localMosquitto, "hardened", 5);
  const thresholds = { mqtt_connect_ms: ["p(95)<0.001", "p(90)<5000"], mqtt_connect_ok: ["rate>0.99"] };
  await run(connectStorm, running, { clients: 5, rate: 5, lasts: "1s", holds: "100ms", thresholds });
  expect(details("load.threshold").map(({ expression, held }) => [expression, held])).toEqual([
    ["p(95)<0.001", false],
    ["p(90)<5000", true],
    ["rate>0.99", true],
  ]);
  expect(details("load.threshold")[1]?.["measured"]).toMatch(/^p\(90\) = \d/);
});

it("survives a restart of the broker, and shows it", async () => {
  const running = await start(localMosquitto, "hardened", 10);
  const under = run(publishFanIn, running, { clients: 10, rate: 5, arrivesOver: "0s", lasts: "10s" });
  await clock.sleep(4_000);
  await running.can.restart?.(1_000);
  await under;
  expect(sumOf("connect", "ok")).toBe(20);
  expect(sumOf("connect", "failed")).toBeGreaterThan(0);
  expect(details("load.check")).toContainEqual(
    expect.objectContaining({ name: "the client is connected at the end", passes: 10 }),
  );
  expect(details("load.second").some(({ clients }) => clients === 0)).toBe(true);
});

it("is over within three seconds when it is told to stop, and notes what it has measured", async () => {
  const running = await start(localMosquitto, "weak", 20);
  const stop = new AbortController();
  const under = run(publishFanIn, running, { clients: 20, rate: 20, lasts: "5m" }, stop.signal);
  await expect.poll(() => details("load.second").length, { timeout: 20_000 }).toBeGreaterThan(3);
  // Reading the counters of the target takes its own time, so the end is seen at the process.
  const [pid = 0] = pids;
  stop.abort();
  await expect.poll(() => isRunning(pid), { timeout: 3_000 }).toBe(false);
  await under;
  expect(sumOf("publish", "ok")).toBeGreaterThan(100);
  expect(details("load.summary")).toHaveLength(1);
  expect(details("load.generator")).toHaveLength(1);
  expect(details("load.counted")).toHaveLength(3);
  expectNothingLeft();
});

it("leaves a dashboard with the run, and no secret", async () => {
  const running = await start(embedded, "hardened", 10);
  await run(publishFanIn, running, { clients: 10, rate: 5, arrivesOver: "0s", lasts: "4s" });
  expect(details("load.dashboard")).toEqual([{ path: "load/test/k6-dashboard.html" }]);
  expect(readdirSync(folder)).toEqual(["k6-dashboard.html"]);
  const kept = readFileSync(join(folder, "k6-dashboard.html"), "utf8") + JSON.stringify(history);
  for (const { password } of running.identities.devices) expect(kept).not.toContain(password);
});
