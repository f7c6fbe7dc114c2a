/**
 * Compares the fleet's lean sessions with one MQTT.js client for each device, paired and in one run, against a Mosquitto
 * that it starts itself. Each measurement runs in a process of its own.
 *
 *   --devices N    clients of each kind (2000)
 *   --rounds N     rounds of which the median counts (3)
 *   --fleet N      size of the whole fleet that is measured at the end (10000); 0 leaves it out
 *   --json         prints nothing but the result as JSON
 */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Measured } from "./measure.ts";
import type { FleetMeasured } from "./measure-fleet.ts";
import { ownMosquitto } from "./mosquitto.ts";

const { values } = parseArgs({
  options: {
    devices: { type: "string", default: "2000" },
    rounds: { type: "string", default: "3" },
    fleet: { type: "string", default: "10000" },
    json: { type: "boolean", default: false },
  },
});
const devices = Number(values.devices);
const fleetSize = Number(values.fleet);
const kinds = ["lean", "mqtt.js"] as const;

await using mosquitto = await ownMosquitto();
const rounds: Record<(typeof kinds)[number], Measured[]> = { lean: [], "mqtt.js": [] };
for (let round = 0; round < Number(values.rounds); round++) {
  // Who goes first changes, so that what a round leaves behind favours neither.
  for (const kind of round % 2 === 0 ? kinds : kinds.toReversed()) {
    say(`round ${round + 1}: ${kind}, ${devices} devices`);
    rounds[kind].push(await inOwnProcess<Measured>("measure.ts", [kind, mosquitto.port, devices]));
  }
}
const lean = medians(rounds.lean);
const mqttJs = medians(rounds["mqtt.js"]);
say(`whole fleet: ${fleetSize} devices`);
const fleet =
  fleetSize > 0 ? await inOwnProcess<FleetMeasured>("measure-fleet.ts", [mosquitto.port, fleetSize]) : undefined;

if (values.json) process.stdout.write(`${JSON.stringify({ devices, lean, mqttJs, fleet, rounds })}\n`);
else process.stdout.write(`${tableOf()}\n${JSON.stringify({ devices, lean, mqttJs, fleet })}\n`);

function tableOf(): string {
  const rows: readonly (readonly [string, keyof Measured])[] = [
    ["connects a second", "connectsPerSecond"],
    ["connecting, CPU ms a device", "connectCpuMs"],
    ["memory, bytes a device", "bytesPerDevice"],
    ["publishes a second, QoS 0", "qos0PerSecond"],
    ["publishes a second, QoS 1", "qos1PerSecond"],
  ];
  return [
    line([`${devices} devices each`, "lean", "mqtt.js", "lean / js"]),
    ...rows.map(([title, name]) =>
      line([title, String(lean[name]), String(mqttJs[name]), `×${(lean[name] / mqttJs[name]).toFixed(2)}`]),
    ),
    ...(fleet ? ["", `whole fleet: ${JSON.stringify(fleet)}`] : []),
  ].join("\n");
}

function line(cells: readonly string[]): string {
  return cells.map((cell, at) => (at ? cell.padStart(12) : cell.padEnd(30))).join("");
}

function medians(measured: readonly Measured[]): Measured {
  const median = (name: keyof Measured) => {
    const sorted = measured.map((each) => each[name]).toSorted((one, other) => one - other);
    return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  };
  return {
    connectsPerSecond: median("connectsPerSecond"),
    bytesPerDevice: median("bytesPerDevice"),
    connectCpuMs: median("connectCpuMs"),
    qos0PerSecond: median("qos0PerSecond"),
    qos1PerSecond: median("qos1PerSecond"),
  };
}

async function inOwnProcess<T>(file: string, args: readonly (string | number)[]): Promise<T> {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(process.execPath, ["--expose-gc", path, ...args.map(String)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`${file} ${args.join(" ")} ended with ${String(code)}`);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- printed by the program beside this one
  return JSON.parse(Buffer.concat(chunks).toString()) as T;
}

function say(text: string): void {
  if (!values.json) process.stderr.write(`${text}\n`);
}
