import { setTimeout as sleep } from "node:timers/promises";
import type { FleetCounters } from "#contract/device.ts";
import type { Observation } from "#contract/observation.ts";
import { thermostat } from "#simulator/devices/thermostat.ts";
import { fleetOf } from "#simulator/fleet/fleet.ts";
import { benchOf, loopback, realClock } from "#testing/bench.ts";
import { deviceIdentityOf } from "#testing/device-self.ts";

/** What a whole fleet, with every habit of its devices, was measured to do. */
export interface FleetMeasured {
  readonly size: number;
  readonly settled: boolean;
  readonly settledS: number;
  readonly bytesPerDevice: number;
  readonly connected: number;
  readonly lost: number;
  readonly publishedPerSecond: number;
  readonly acknowledgedPerSecond: number;
  readonly functionShare: number;
  /** Share of one processor that the fleet used while it published. */
  readonly cpuShare: number;
}

const watchedMs = 10_000;

async function measureFleet(port: number, size: number): Promise<FleetMeasured> {
  const history: Observation[] = [];
  const bench = benchOf(history, { actor: "device:thermostat", clock: realClock() });
  await warmUp(port);
  globalThis.gc?.();
  await sleep(200);
  const bytesBefore = process.memoryUsage.rss();
  const began = performance.now();
  await using fleet = await fleetOf({ device: thermostat, size, posture: {} }).start(bench, {
    at: loopback(port, "mqtt", { maxConnections: size }),
    identities: Array.from({ length: size }, (_, index) => deviceIdentityOf(`bench-${index}`)),
  });
  const settled = await fleet.settled(60_000);
  const settledS = (performance.now() - began) / 1_000;
  const from = history.length;
  const cpuBefore = process.cpuUsage();
  await sleep(watchedMs);
  const cpu = process.cpuUsage(cpuBefore);
  const seen = countersIn(history.slice(from));
  globalThis.gc?.();
  await sleep(200);
  const bytesPerDevice = Math.round((process.memoryUsage.rss() - bytesBefore) / size);
  const ms = total(seen, "intervalMs");
  return {
    size,
    settled,
    settledS: Number(settledS.toFixed(1)),
    bytesPerDevice,
    connected: seen.at(-1)?.connected ?? 0,
    lost: total(seen, "lost"),
    publishedPerSecond: Math.round((total(seen, "published") * 1_000) / ms),
    acknowledgedPerSecond: Math.round((total(seen, "acknowledged") * 1_000) / ms),
    functionShare: total(seen, "functionPerformed") / total(seen, "functionDue"),
    cpuShare: Number(((cpu.user + cpu.system) / 1_000 / watchedMs).toFixed(2)),
  };
}

/** A small fleet first, so that compiled code and the heap's first growth are not counted as memory of devices. */
async function warmUp(port: number): Promise<void> {
  const identities = Array.from({ length: 500 }, (_, index) => deviceIdentityOf(`warm-up-${index}`));
  const seat = { at: loopback(port), identities };
  await using fleet = await fleetOf({ device: thermostat, size: 500, posture: {} }).start(
    benchOf([], { clock: realClock() }),
    seat,
  );
  await fleet.settled(10_000);
  await sleep(3_000);
}

function countersIn(history: readonly Observation[]): readonly FleetCounters[] {
  return history.flatMap(({ action, detail }) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by the fleet as FleetCounters a moment ago
    return action === "fleet.counters" ? [detail as unknown as FleetCounters] : [];
  });
}

type Summed = "intervalMs" | "lost" | "published" | "acknowledged" | "functionDue" | "functionPerformed";

function total(counters: readonly FleetCounters[], name: Summed): number {
  return counters.reduce((sum, each) => sum + each[name], 0);
}

const [port, size] = process.argv.slice(2);
const measured = await measureFleet(Number(port), Number(size));
process.stdout.write(`${JSON.stringify(measured)}\n`);
