import { resolve } from "node:path";
import { Option } from "commander";
import { LabError } from "#contract/errors.ts";
import { suggestion } from "#plan/suggestion.ts";
import type { CommonOptions } from "./options.ts";
import type { Terminal } from "./terminal.ts";
import { version } from "./version.ts";

/** Options of `seatrial lab`. */
export interface LabOptions extends CommonOptions {
  readonly out: string;
  readonly devices: string;
  readonly force?: true;
}

/** The options of {@link LabOptions}, described for `--help`. */
export const labOptions: readonly Option[] = [
  new Option("-o, --out <folder>", "where the lab is written").default("lab"),
  new Option("--devices <number>", "devices that may connect to each broker").default("200"),
  new Option("--force", "replace a lab that is there by one with other secrets; its runs are kept"),
];

/** RabbitMQ reads all accounts at its start, which takes longer with each. */
const mostDevices = 5_000;

/** `seatrial lab prepare`: writes what docker-compose.yml needs, with fresh secrets. */
export async function lab([what = ""]: readonly string[], options: LabOptions, terminal: Terminal): Promise<number> {
  if (what !== "prepare") {
    const says = `seatrial lab can only prepare, not "${what}"${suggestion(what, ["prepare"])}`;
    throw new LabError("E_USAGE", says, "Write: seatrial lab prepare.");
  }
  const devices = devicesOf(options.devices);
  // Only who prepares a lab pays for loading the recipes.
  const { labFiles } = await import("./lab/lab-files.ts");
  const { labServices } = await import("./lab/lab-services.ts");
  const { secretRandom } = await import("./lab/secret-random.ts");
  const { writeLab } = await import("./lab/write-lab.ts");
  const files = await labFiles(devices, secretRandom);
  const mark = `${JSON.stringify({ tool: "seatrial", version, devices }, null, 2)}\n`;
  writeLab({ folder: options.out, files, mark, force: options.force === true });
  if (options.json) {
    terminal.result(JSON.stringify({ lab: options.out, devices, services: labServices.map(({ name }) => name) }));
    return 0;
  }
  // Compose takes a path that begins neither with . nor with / for something else.
  const compose = `${options.out === "lab" ? "" : `SEATRIAL_LAB=${resolve(options.out)} `}docker-compose`;
  terminal.result(`${options.out}: a lab of ${labServices.length} brokers, with secrets of its own`);
  terminal.result(`Next: ${compose} up -d mosquitto-weak, then ${compose} run --rm assess (docs/compose-lab.md)`);
  return 0;
}

function devicesOf(text: string): number {
  const devices = /^\d+$/.test(text) ? Number(text) : 0;
  if (devices >= 1 && devices <= mostDevices) return devices;
  throw new LabError(
    "E_USAGE",
    `--devices ${text}: not a whole number from 1 to ${mostDevices}`,
    "Write for example --devices 200.",
  );
}
