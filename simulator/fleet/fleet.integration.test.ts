import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { FleetCounters } from "#contract/device.ts";
import type { RunningFleet } from "#contract/fleet.ts";
import type { Observation } from "#contract/observation.ts";
import { benchOf, loopback, realClock } from "#testing/bench.ts";
import { type OwnMosquitto, ownMosquitto } from "#testing/bench-fleet/mosquitto.ts";
import { deviceIdentityOf } from "#testing/device-self.ts";
import { smartLock } from "../devices/smart-lock.ts";
import { soilProbe } from "../devices/soil-probe.ts";
import { thermostat } from "../devices/thermostat.ts";
import { waterValve } from "../devices/water-valve.ts";
import { type LeanSessionListener, openLeanSession } from "../mqtt/lean-session.ts";
import { fleetOf } from "./fleet.ts";
import { TimerWheel } from "./timer-wheel.ts";

class Silent implements LeanSessionListener {
  onConnected(): void {}
  onRefused(): void {}
  onEnded(): void {}
  onMessage(): void {}
  onAcknowledged(): void {}
  onSubscribed(): void {}
}

const clock = realClock();
const witness = { clientId: "witness" };
let mosquitto: OwnMosquitto;
let history: Observation[];

beforeEach(async () => {
  mosquitto = await ownMosquitto();
  history = [];
});

afterEach(() => mosquitto[Symbol.asyncDispose]());

function start(device = thermostat, size = 200, posture = {}): Promise<RunningFleet> {
  const identities = Array.from({ length: size }, (_, index) => deviceIdentityOf(`${device.id}-${index}`));
  const bench = benchOf(history, { actor: `device:${device.id}`, clock });
  return fleetOf({ device, size, posture }).start(bench, { at: loopback(mosquitto.port), identities, witness });
}

function counters(): readonly FleetCounters[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the fleet under test writes FleetCounters
  return detailsOf("fleet.counters") as unknown as readonly FleetCounters[];
}

function detailsOf(action: string): readonly unknown[] {
  return history.filter((seen) => seen.action === action).map((seen) => seen.detail);
}

/** Waits for a report that satisfies this, at most 20 s. */
async function until(holds: (latest: FleetCounters) => boolean): Promise<void> {
  for (let waited = 0; waited < 200; waited++) {
    const latest = counters().at(-1);
    if (latest !== undefined && holds(latest)) return;
    await clock.sleep(100);
  }
  throw new Error(`no report was as awaited; the last one: ${JSON.stringify(counters().at(-1))}`);
}

describe("a fleet on Mosquitto", () => {
  it("connects 200 devices, has every reading arrive once, and ends without a trace", async () => {
    const fleet = await start();
    expect(await fleet.settled(10_000)).toBe(true);
    await clock.sleep(3_500);
    await fleet[Symbol.asyncDispose]();
    expect(detailsOf("fleet.started")).toMatchObject([{ size: 200, posture: { reconnect: "full-jitter" } }]);
    expect(counters().every(({ lost, refused }) => lost === 0 && refused === 0)).toBe(true);
    const [account] = detailsOf("fleet.telemetry");
    expect(account).toMatchObject({ buffered: 0, dropped: 0, duplicates: 0, lost: 0, unwitnessed: 0 });
    const { produced, delivered, acknowledged } = Object(account);
    expect(produced).toBeGreaterThan(200);
    expect(delivered).toBe(produced);
    expect(acknowledged).toBe(produced);
    const written = history.length;
    await clock.sleep(1_500);
    expect(history).toHaveLength(written);
  });

  it("loses all 200 with the broker, keeps their function and readings, and has them back spread out", async () => {
    await using fleet = await start(waterValve);
    expect(await fleet.settled(10_000)).toBe(true);
    await mosquitto.stop();
    await until(({ connected, overdue }) => connected === 0 && overdue === 200);
    expect(counters().at(-1)).toMatchObject({ overdueSafe: 200 });
    await mosquitto.start();
    expect(await fleet.settled(15_000)).toBe(true);
    await clock.sleep(500);
    await fleet[Symbol.asyncDispose]();
    const seen = counters();
    expect(seen.reduce((sum, { lost }) => sum + lost, 0)).toBe(200);
    expect(seen.every(({ functionDue, functionPerformed }) => functionDue === functionPerformed)).toBe(true);
    const most = Math.max(...seen.slice(1).flatMap(({ attemptsByTenth }) => attemptsByTenth));
    expect(most).toBeLessThan(60);
    expect(detailsOf("fleet.telemetry")).toMatchObject([{ dropped: 0, lost: 0 }]);
  });

  it("stays away in numbers, unsafe and without function, where the devices are weak", async () => {
    const weak = { reconnect: "none", localFunction: "cloud-only", safeState: "ignored", buffer: "none" };
    await using fleet = await start(waterValve, 50, weak);
    expect(await fleet.settled(10_000)).toBe(true);
    await mosquitto.stop();
    await until(({ connected, overdue }) => connected === 0 && overdue === 50);
    await until(({ functionDue, functionPerformed }) => functionDue > 0 && functionPerformed === 0);
    expect(counters().at(-1)).toMatchObject({ overdueSafe: 0 });
    await mosquitto.start();
    expect(await fleet.settled(2_000)).toBe(false);
    await fleet[Symbol.asyncDispose]();
    expect(Object(detailsOf("fleet.telemetry")[0]).dropped).toBeGreaterThan(0);
  });

  it("shares one witness among fleets", async () => {
    const [locks, rooms] = await Promise.all([start(smartLock, 20), start(thermostat, 20)]);
    await clock.sleep(3_500);
    await Promise.all([locks[Symbol.asyncDispose](), rooms[Symbol.asyncDispose]()]);
    const accounts = detailsOf("fleet.telemetry").map(Object);
    expect(accounts).toHaveLength(2);
    for (const { produced, delivered, lost } of accounts) {
      expect(produced).toBeGreaterThan(0);
      expect(delivered).toBe(produced);
      expect(lost).toBe(0);
    }
  });

  it("expects probes only while they are awake, and hears all they logged asleep", async () => {
    const fleet = await start(soilProbe, 40);
    await until(({ expected }) => expected === 0);
    expect(counters().at(-1)).toMatchObject({ connected: 0, overdue: 0 });
    await until(({ expected, connected }) => expected > 0 && connected > 0);
    await fleet[Symbol.asyncDispose]();
    const account = Object(detailsOf("fleet.telemetry")[0]);
    expect(account.lost).toBe(0);
    expect(account.delivered).toBeGreaterThan(0);
  });

  it("stops counting, instead of taking its session back, when somebody connects with the witness's name", async () => {
    const fleet = await start(thermostat, 20);
    expect(await fleet.settled(5_000)).toBe(true);
    const wheel = new TimerWheel(0);
    const other = new Silent();
    const session = openLeanSession(loopback(mosquitto.port), { ...witness, keepAliveS: 0, clean: true }, other, wheel);
    await clock.sleep(2_000);
    expect(session.isOpen).toBe(true);
    session.destroy();
    await fleet[Symbol.asyncDispose]();
    expect(detailsOf("fleet.uncounted")).toEqual([{ because: expect.stringContaining("another client") }]);
    expect(detailsOf("fleet.telemetry")[0]).not.toHaveProperty("lost");
  });
});

describe("a fleet on a Mosquitto that asks for passwords", () => {
  it("is refused, says so, backs off, and is never settled", async () => {
    await using strict = await ownMosquitto(["allow_anonymous false"]);
    const identities = Array.from({ length: 20 }, (_, index) => deviceIdentityOf(`lock-${index}`));
    const bench = benchOf(history, { actor: "device:smart-lock", clock });
    const fleet = await fleetOf({ device: smartLock, size: 20, posture: {} }).start(bench, {
      at: loopback(strict.port),
      identities,
      witness,
    });
    expect(await fleet.settled(2_500)).toBe(false);
    await fleet[Symbol.asyncDispose]();
    const refused = counters().reduce((sum, each) => sum + each.refused, 0);
    expect(refused).toBeGreaterThanOrEqual(20);
    expect(refused).toBeLessThan(120);
    expect(counters().every(({ connected }) => connected === 0)).toBe(true);
    expect(detailsOf("fleet.uncounted")).toHaveLength(1);
    expect(detailsOf("fleet.telemetry")[0]).not.toHaveProperty("delivered");
  });
});
