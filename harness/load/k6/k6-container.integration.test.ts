import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Bench } from "#contract/bench.ts";
import type { LoadSeat } from "#contract/load.ts";
import type { Observation } from "#contract/observation.ts";
import type { Claim, Left, RunningTarget } from "#contract/target.ts";
import { openCountingRelay } from "#simulator/link/counting-relay.ts";
import { reapContainers } from "#targets/containers/reap-containers.ts";
import { embedded } from "#targets/embedded.ts";
import { benchOf, loopback, randomOf, realClock } from "#testing/bench.ts";
import { docker, dockerRuns, leftInDocker } from "#testing/docker.ts";
import { applyWithK6 } from "./apply-with-k6.ts";
import { findK6 } from "./find-k6.ts";
import { findK6Image } from "./find-k6-image.ts";
import type { K6Job } from "./job.ts";

const clients = 5;
/** One for this process, so that two that test at once keep apart. */
const mark = `${process.pid}`;
const image = `seatrial-test/k6:${mark}`;
const runId = `k6-container-${mark}`;
const clock = realClock();
const claim: Claim = async ({ port, scheme, path }) => loopback(port, scheme, path === undefined ? {} : { path });

const installed = dockerRuns() ? await findK6(process.env, undefined, []) : "Docker does not run";
const canRun = typeof installed !== "string" && "path" in installed;

beforeAll(() => {
  if (!canRun) return;
  const context = mkdtempSync(join(tmpdir(), "seatrial-image-"));
  copyFileSync(installed.path, join(context, "k6"));
  // A program that is not linked statically names the loader that it needs near its beginning.
  const isStatic = !readFileSync(installed.path).subarray(0, 4_096).includes("/ld-linux");
  const lines = [`FROM ${isStatic ? "scratch" : "seatrial/base:bookworm"}`, "COPY k6 /usr/local/bin/k6"];
  writeFileSync(join(context, "Dockerfile"), `${[...lines, "ENV PATH=/usr/local/bin"].join("\n")}\n`);
  docker("build", "--quiet", "--tag", image, context);
  rmSync(context, { recursive: true, force: true });
});
afterAll(() => {
  if (canRun) docker("rmi", "--force", image);
});

let history: Observation[] = [];
let leases: Left[] = [];
let folder = "";
let temporary = "";
let stack = new AsyncDisposableStack();
beforeEach(() => {
  history = [];
  leases = [];
  // Docker splits what it is told to mount at commas and quotes.
  folder = mkdtempSync(join(tmpdir(), 'seatrial, "run"-'));
  temporary = mkdtempSync(join(tmpdir(), "seatrial-temporary-"));
  vi.stubEnv("TMPDIR", temporary);
  stack = new AsyncDisposableStack();
});
afterEach(async () => {
  await stack.disposeAsync();
  vi.unstubAllEnvs();
  for (const path of [folder, temporary]) rmSync(path, { recursive: true, force: true });
});

const find = async () => (await findK6Image(process.env, [image])) ?? "there is no image";

function jobOf(lastsMs: number): K6Job {
  return {
    script: "publish-fan-in",
    clients,
    needsOperator: false,
    lastsMs,
    perSecond: clients * 10,
    scenarios: {
      publish: {
        executor: "constant-vus",
        vus: clients,
        duration: `${lastsMs}ms`,
        gracefulStop: "15s",
        exec: "publish",
      },
    },
    thresholds: { mqtt_publish_ok: ["rate>0.99"] },
    own: { qos: 1, everyMs: 100, payloadBytes: 64, arrivesOverMs: 0, clients, untilMs: lastsMs },
  };
}

function bench(signal?: AbortSignal): Bench {
  return benchOf(history, { clock, random: randomOf(7), actor: "load:test", runId, ...(signal && { signal }) });
}

async function seatAtEmbedded(): Promise<{ readonly seat: LoadSeat; readonly running: RunningTarget }> {
  const order = { posture: "hardened", knobs: {}, devices: clients, environment: {}, lease() {} } as const;
  const running = stack.use(await embedded.start(benchOf([], { clock, random: randomOf(3) }), claim, order));
  const to = running.address("ws");
  if (to === undefined) throw new Error("no WebSocket listener");
  const relay = stack.use(await openCountingRelay(bench(), to));
  const seat: LoadSeat = {
    at: loopback(relay.port, "ws", { path: "/mqtt" }),
    identities: running.identities.devices,
    facts: running.facts,
    counted: () => relay.counts() ?? { connects: 0, accepted: 0, published: 0, delivered: 0 },
    ...(running.tally && { tally: async () => running.tally?.() ?? { from: "nothing" } }),
    folder,
    folderInRun: "load/test",
    lease: (left) => leases.push(left),
    environment: process.env,
  };
  return { seat, running };
}

function details(action: string): readonly Record<string, unknown>[] {
  return history.filter((line) => line.action === action).map(({ detail }) => Object(detail));
}

const ours = () => docker("ps", "--quiet", "--filter", `label=seatrial.run=${runId}`);
const isUnderWay = () => expect.poll(() => details("load.second").length, { timeout: 20_000 }).toBeGreaterThan(1);

describe.runIf(canRun)("a k6 in a container", () => {
  it("does its load, is counted alike by all, and leaves its report and nothing else", async () => {
    const { seat, running } = await seatAtEmbedded();
    await applyWithK6(bench(), seat, jobOf(4_000), find);
    expect(details("load.started")).toMatchObject([{ program: "k6", version: expect.any(String), image }]);
    const counts = details("load.counted");
    expect(counts).toHaveLength(3);
    for (const count of counts) expect(count).toMatchObject({ agree: true });
    expect(counts[1]?.["generator"]).toBeGreaterThan(150);
    expect(details("load.threshold")).toMatchObject([{ held: true }]);
    expect(details("load.generator")).toMatchObject([{ healthy: true, cores: { used: expect.any(Number) } }]);
    expect(readdirSync(folder)).toEqual(["k6-dashboard.html"]);
    expect(readdirSync(temporary)).toEqual([]);
    expect(leases).toContainEqual({ containersOf: runId, what: "k6" });
    expect(leftInDocker([runId])).toEqual([]);
    const kept = JSON.stringify(history) + readFileSync(join(folder, "k6-dashboard.html"), "utf8");
    for (const { password } of running.identities.devices) expect(kept).not.toContain(password);
  });

  it("shows nothing secret to those who may look at containers", async () => {
    const { seat, running } = await seatAtEmbedded();
    const stop = new AbortController();
    const under = applyWithK6(bench(stop.signal), seat, jobOf(60_000), find);
    await isUnderWay();
    const shown = docker("inspect", ours());
    stop.abort();
    await under;
    expect(shown).toContain('"Path": "k6"');
    for (const { password } of running.identities.devices) expect(shown).not.toContain(password);
  });

  it("sums up when it is told to stop, and is gone", async () => {
    const { seat } = await seatAtEmbedded();
    const stop = new AbortController();
    const under = applyWithK6(bench(stop.signal), seat, jobOf(300_000), find);
    await isUnderWay();
    stop.abort();
    await under;
    expect(details("load.summary")).toHaveLength(1);
    expect(details("load.generator")).not.toMatchObject([{ because: expect.stringContaining("was killed") }]);
    expect(leftInDocker([runId])).toEqual([]);
  });

  it("is gone, too, where it does not hear that it should stop", async () => {
    const { seat } = await seatAtEmbedded();
    const stop = new AbortController();
    const under = applyWithK6(bench(stop.signal), seat, jobOf(300_000), find);
    await isUnderWay();
    docker("kill", "--signal=STOP", ours());
    stop.abort();
    await under;
    expect(details("load.generator")).toMatchObject([
      { healthy: false, because: expect.stringContaining("was killed") },
    ]);
    expect(leftInDocker([runId])).toEqual([]);
  });

  it("is gone, too, where the load is over before it has begun", async () => {
    const { seat } = await seatAtEmbedded();
    const stop = new AbortController();
    const lease = (left: Left) => {
      if ("containersOf" in left) stop.abort();
    };
    await applyWithK6(bench(stop.signal), { ...seat, lease }, jobOf(300_000), find);
    expect(details("load.generator")).toHaveLength(1);
    expect(leftInDocker([runId])).toEqual([]);
  });

  it("is found by who removes what a killed run left behind, and that it was ended is an error of the lab", async () => {
    const { seat } = await seatAtEmbedded();
    const under = applyWithK6(bench(), seat, jobOf(300_000), find);
    const how = under.then(() => "well", String);
    await isUnderWay();
    expect(await reapContainers(runId)).toHaveLength(1);
    expect(await how).toContain(`(${image}) ended with 137`);
  });
});
