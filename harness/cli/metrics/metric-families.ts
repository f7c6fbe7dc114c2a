import { Counter, Gauge, Registry } from "prom-client";

/** What Prometheus is told about runs: every metric has the label `run`, beside its own. */
export interface MetricFamilies {
  readonly registry: Registry;
  readonly run: Gauge;
  readonly runSeconds: Gauge;
  readonly observations: Counter;
  readonly target: Gauge;
  readonly stage: Gauge;
  /** By member of `FleetCounters` (contract/device.ts): what is now, and what was in the last interval. */
  readonly fleetNow: ReadonlyMap<string, Gauge>;
  readonly fleetTotals: ReadonlyMap<string, Counter>;
  readonly telemetry: Gauge;
  readonly beats: Counter;
  readonly disruptions: Gauge;
  readonly operations: Counter;
  readonly clients: Gauge;
  readonly dropped: Counter;
  readonly generatorCores: Gauge;
  /** By member of the note `resources` of a target. */
  readonly resources: ReadonlyMap<string, Gauge>;
}

const fleetNow = {
  size: ["fleet_devices", "Devices of the fleet."],
  expected: ["fleet_devices_expected", "Devices that should be connected now; those asleep should not."],
  connected: ["fleet_devices_connected", "Devices that should be connected and are."],
  overdue: ["fleet_devices_overdue", "Devices without a link for longer than they may be before their safe state."],
  overdueSafe: ["fleet_devices_overdue_safe", "Overdue devices that are in their safe state."],
} as const;

const fleetTotals = {
  attempts: ["fleet_connect_attempts_total", "Connections that devices began."],
  connects: ["fleet_connects_total", "Connections that were accepted."],
  refused: ["fleet_refused_total", "Connections that the broker was heard to refuse."],
  lost: ["fleet_links_lost_total", "Connections that ended without the device wanting it."],
  published: ["fleet_published_total", "Messages that devices sent."],
  acknowledged: ["fleet_acknowledged_total", "Messages that the broker acknowledged; those of QoS 0 never are."],
  received: ["fleet_received_total", "Messages that devices received."],
  functionDue: ["fleet_function_due_total", "Times that the essential function of a device was due."],
  functionPerformed: ["fleet_function_performed_total", "Times that it was performed."],
} as const;

const resources = {
  cores: ["target_cores", "Processor time that the target uses, in cores."],
  memoryBytes: ["target_memory_bytes", "Memory of the target."],
  openFiles: ["target_open_files", "Files and sockets that the target has open."],
} as const;

/** All metrics of a command, empty, in a registry of their own. */
export function metricFamilies(): MetricFamilies {
  const registry = new Registry();
  const describe = (name: string, help: string, labels: readonly string[]) => ({
    name: `seatrial_${name}`,
    help,
    labelNames: ["run", ...labels],
    registers: [registry],
  });
  const gauge = (name: string, help: string, ...labels: readonly string[]) => new Gauge(describe(name, help, labels));
  const counter = (name: string, help: string, ...labels: readonly string[]) =>
    new Counter(describe(name, help, labels));

  return {
    registry,
    run: gauge("run_info", "A run of this command; the value is always 1.", "scenario", "seed", "version"),
    runSeconds: gauge("run_seconds", "Time from the beginning of the run to the last thing that was seen."),
    observations: counter("observations_total", "Lines of the history, by the kind of actor.", "by"),
    target: gauge("target_info", "What is tested; the value is always 1.", "target", "product", "fidelity", "posture"),
    stage: gauge("stage_active", "1 while the stage lasts, 0 after it.", "stage"),
    fleetNow: byMember(fleetNow, (name, help) => gauge(name, help, "fleet")),
    fleetTotals: byMember(fleetTotals, (name, help) => counter(name, help, "fleet")),
    telemetry: gauge(
      "fleet_readings",
      "What became of the readings of a fleet; known when the fleet has stopped.",
      "fleet",
      "fate",
    ),
    beats: counter("attack_beats_total", "Beats of attacks that ended, by outcome.", "attack", "beat", "outcome"),
    disruptions: gauge("disruption_in_force", "1 while the disruption is imposed, 0 once it is lifted.", "disruption"),
    operations: counter("load_operations_total", "Operations of loads.", "load", "operation", "outcome"),
    clients: gauge("load_clients", "Clients of the load at work.", "load"),
    dropped: counter("load_dropped_total", "Iterations that the generator could not start in time.", "load"),
    generatorCores: gauge("load_generator_cores", "Processor time that the generator uses, in cores.", "load"),
    resources: byMember(resources, (name, help) => gauge(name, help, "target")),
  };
}

interface Members {
  readonly [member: string]: readonly [name: string, help: string];
}

function byMember<M>(table: Members, make: (name: string, help: string) => M): ReadonlyMap<string, M> {
  return new Map(Object.entries(table).map(([member, [name, help]]) => [member, make(name, help)]));
}
