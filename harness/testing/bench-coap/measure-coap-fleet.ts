import { setTimeout as sleep } from "node:timers/promises";
import type { DeviceType, FleetCounters } from "#contract/device.ts";
import type { Observation } from "#contract/observation.ts";
import { fleetOf } from "#simulator/fleet/fleet.ts";
import { benchOf, loopback, realClock } from "#testing/bench.ts";
import { deviceIdentityOf } from "#testing/device-self.ts";

const watchedMs = 20_000;
const megabyte = 1 << 20;

/** Prints what a whole fleet was measured to do, memory of the whole process among it. */
async function measure(port: number, size: number, device: DeviceType, sockets: string): Promise<void> {
  const history: Observation[] = [];
  const bench = benchOf(history, { actor: "device:bench", clock: realClock() });
  const idle = process.memoryUsage.rss();
  const began = performance.now();
  const fleet = await fleetOf({ device, size, posture: { sockets } }).start(bench, {
    at: loopback(port, "coap", { maxConnections: size }),
    identities: Array.from({ length: size }, (_, index) => deviceIdentityOf(`bench-${index}`)),
  });
  const settled = await fleet.settled(120_000);
  const settledS = (performance.now() - began) / 1_000;
  const from = history.length;
  const cpuBefore = process.cpuUsage();
  let most = 0;
  for (const untilMs = performance.now() + watchedMs; performance.now() < untilMs; ) {
    await sleep(250);
    most = Math.max(most, process.memoryUsage.rss());
  }
  const cpu = process.cpuUsage(cpuBefore);
  const seen = countersIn(history.slice(from));
  const ms = sum(seen, "intervalMs");
  const started: unknown = history.find(({ action }) => action === "fleet.started")?.detail;
  await fleet[Symbol.asyncDispose]();
  const result = {
    size,
    device: device.id,
    sockets,
    socketCount: Object(started).socketCount,
    settled,
    settledS: Number(settledS.toFixed(1)),
    connected: seen.at(-1)?.connected ?? 0,
    lost: sum(seen, "lost"),
    publishedPerSecond: Math.round((sum(seen, "published") * 1_000) / ms),
    acknowledgedPerSecond: Math.round((sum(seen, "acknowledged") * 1_000) / ms),
    longestStallMs: Math.max(...seen.map(({ stalledMs = 0 }) => stalledMs)),
    cpuShare: Number(((cpu.user + cpu.system) / 1_000 / watchedMs).toFixed(2)),
    idleMegabytes: Math.round(idle / megabyte),
    mostMegabytes: Math.round(most / megabyte),
    bytesPerDevice: Math.round((most - idle) / size),
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

function countersIn(history: readonly Observation[]): readonly FleetCounters[] {
  return history.flatMap(({ action, detail }) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by the fleet as FleetCounters a moment ago
    return action === "fleet.counters" ? [detail as unknown as FleetCounters] : [];
  });
}

function sum(counters: readonly FleetCounters[], name: "intervalMs" | "lost" | "published" | "acknowledged"): number {
  return counters.reduce((total, each) => total + each[name], 0);
}

async function deviceOf(id: string): Promise<DeviceType> {
  const loaded: { readonly [name: string]: DeviceType } = await import(`../../../simulator/devices/${id}.ts`);
  const [device] = Object.values(loaded);
  if (device === undefined) throw new Error(`there is no device type ${id}`);
  return device;
}

const [port, size, id = "light", sockets = "shared", every, keepAlive] = process.argv.slice(2);
const type = await deviceOf(id);
const paced = {
  ...type,
  telemetry: { ...type.telemetry, everyMs: Number(every) },
  keepAliveS: Number(keepAlive),
};
await measure(Number(port), Number(size), paced, sockets);
