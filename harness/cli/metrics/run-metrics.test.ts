import { expect, it } from "vitest";
import { histogramOf } from "#contract/latency.ts";
import type { LoadSecond } from "#contract/load.ts";
import type { Json } from "#contract/observation.ts";
import { historyOf, type Line } from "#testing/record.ts";
import { metricsOf } from "./run-metrics.ts";

const followed = { scenario: "outage", seed: "7", version: "0.1.0" };

/** The lines of the metrics after these observations. */
async function after(...lines: readonly Line[]): Promise<readonly string[]> {
  const metrics = metricsOf();
  const take = metrics.follow(followed);
  for (const seen of historyOf(lines)) take(seen);
  return (await metrics.text()).split("\n");
}

const noted = (actor: Line["actor"], action: string, detail: Json = null): Line => ({
  actor,
  action,
  phase: "noted",
  detail,
});

it("gives the last count of devices, and sums what each interval counted", async () => {
  const lines = await after(
    noted("device:thermostat", "fleet.counters", { size: 5, expected: 5, connected: 2, published: 10, lost: 1 }),
    noted("device:thermostat", "fleet.counters", { size: 5, expected: 5, connected: 4, published: 7, lost: 1 }),
  );
  expect(lines).toEqual(
    expect.arrayContaining([
      'seatrial_fleet_devices_expected{run="outage",fleet="thermostat"} 5',
      'seatrial_fleet_devices_connected{run="outage",fleet="thermostat"} 4',
      'seatrial_fleet_published_total{run="outage",fleet="thermostat"} 17',
      'seatrial_fleet_links_lost_total{run="outage",fleet="thermostat"} 2',
    ]),
  );
});

it("tells what became of the readings once the fleet knows", async () => {
  const lines = await after(noted("device:thermostat#2", "fleet.telemetry", { produced: 100, lost: 3 }));
  expect(lines).toEqual(
    expect.arrayContaining([
      'seatrial_fleet_readings{run="outage",fleet="thermostat#2",fate="produced"} 100',
      'seatrial_fleet_readings{run="outage",fleet="thermostat#2",fate="lost"} 3',
    ]),
  );
});

it("counts beats of attacks by outcome, and not what happens within them", async () => {
  const actor = "attack:mqtt.topic-snoop";
  const lines = await after(
    { actor, action: "control", phase: "attempt", beat: "control" },
    { actor, action: "mqtt.connect", phase: "attempt", beat: "control" },
    { actor, action: "mqtt.connect", phase: "refused", beat: "control", attempt: 1 },
    { actor, action: "control", phase: "ok", beat: "control", attempt: 0 },
    { actor, action: "launch", phase: "attempt", beat: "attack" },
    { actor, action: "launch", phase: "unknown", beat: "attack", attempt: 4 },
  );
  expect(lines.filter((line) => line.startsWith("seatrial_attack_beats_total{"))).toEqual([
    'seatrial_attack_beats_total{run="outage",attack="mqtt.topic-snoop",beat="control",outcome="ok"} 1',
    'seatrial_attack_beats_total{run="outage",attack="mqtt.topic-snoop",beat="attack",outcome="unknown"} 1',
  ]);
  expect(lines).toContain('seatrial_observations_total{run="outage",by="attack"} 6');
});

it("shows a disruption as in force from when it is imposed until it is lifted", async () => {
  const actor = "disruption:link-cut";
  const series = 'seatrial_disruption_in_force{run="outage",disruption="link-cut"}';
  const imposed = noted(actor, "imposed");
  expect(await after(imposed)).toContain(`${series} 1`);
  const lift: readonly Line[] = [
    { actor, action: "lift", phase: "attempt" },
    { actor, action: "lift", phase: "ok", attempt: 1 },
  ];
  expect(await after(imposed, ...lift.slice(0, 1))).toContain(`${series} 1`);
  expect(await after(imposed, ...lift)).toContain(`${series} 0`);
});

it("shows which stage lasts", async () => {
  const of = { actor: "lab:engine", action: "stage" } as const;
  const lines = await after(
    { ...of, phase: "attempt", detail: { stage: "settle" } },
    { ...of, phase: "ok", attempt: 0 },
    { ...of, phase: "attempt", detail: { stage: "storm" } },
  );
  expect(lines.filter((line) => line.includes("stage="))).toEqual([
    'seatrial_stage_active{run="outage",stage="settle"} 0',
    'seatrial_stage_active{run="outage",stage="storm"} 1',
  ]);
});

it("counts operations of loads and how long they took", async () => {
  const second = {
    fromMs: 0,
    toMs: 1_000,
    operations: { connect: { ok: 3, failed: 1, ms: histogramOf([2, 2, 900]) } },
    clients: 4,
    dropped: 2,
  } satisfies LoadSecond;
  const lines = await after(noted("load:mqtt.connect-storm", "load.second", second));
  const labels = 'run="outage",load="mqtt.connect-storm"';
  expect(lines).toEqual(
    expect.arrayContaining([
      `seatrial_load_operations_total{${labels},operation="connect",outcome="ok"} 3`,
      `seatrial_load_operations_total{${labels},operation="connect",outcome="failed"} 1`,
      `seatrial_load_clients{${labels}} 4`,
      `seatrial_load_dropped_total{${labels}} 2`,
      `seatrial_load_operation_seconds_count{${labels},operation="connect"} 3`,
    ]),
  );
});

it("gives what a target uses, and what it is", async () => {
  const lines = await after(
    noted("target:container:mosquitto", "started", { id: "container:mosquitto", product: 'mosquitto "2"', knobs: {} }),
    noted("target:container:mosquitto", "resources", { cores: 0.25, memoryBytes: 4096, openFiles: 12 }),
  );
  const of = 'run="outage",target="container:mosquitto"';
  expect(lines).toEqual(
    expect.arrayContaining([
      `seatrial_target_info{${of},product="mosquitto \\"2\\"",fidelity="",posture=""} 1`,
      `seatrial_target_cores{${of}} 0.25`,
      `seatrial_target_memory_bytes{${of}} 4096`,
      `seatrial_target_open_files{${of}} 12`,
    ]),
  );
});

it("tells two runs of the same scenario apart", async () => {
  const metrics = metricsOf();
  const [first, second] = [metrics.follow(followed), metrics.follow({ ...followed, seed: "8" })];
  const [seen] = historyOf([noted("device:lock", "fleet.counters", { connected: 1 })]);
  if (seen === undefined) throw new Error("there is one line");
  first(seen);
  second({ ...seen, detail: { connected: 2 } });
  expect((await metrics.text()).split("\n")).toEqual(
    expect.arrayContaining([
      'seatrial_run_info{run="outage#2",scenario="outage",seed="8",version="0.1.0"} 1',
      'seatrial_fleet_devices_connected{run="outage",fleet="lock"} 1',
      'seatrial_fleet_devices_connected{run="outage#2",fleet="lock"} 2',
    ]),
  );
});

it("takes notes whose details are not as expected without a word", async () => {
  const details: readonly Json[] = [null, 3, "text", [], { connected: "many", operations: [1], lost: -1 }];
  const lines = await after(
    ...details.flatMap((detail) => [
      noted("device:lock", "fleet.counters", detail),
      noted("load:mqtt.connect-storm", "load.second", detail),
      noted("target:embedded", "resources", detail),
    ]),
  );
  expect(lines.filter((line) => /^seatrial_(fleet|load|target)_/.test(line))).toEqual([]);
});
