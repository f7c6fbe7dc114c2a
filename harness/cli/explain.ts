import { z } from "zod";
import type { Attack } from "#contract/attack.ts";
import type { Catalogue } from "#contract/catalogue.ts";
import type { Check } from "#contract/check.ts";
import type { DeviceType } from "#contract/device.ts";
import type { Disruption } from "#contract/disruption.ts";
import { LabError } from "#contract/errors.ts";
import type { Load } from "#contract/load.ts";
import type { Target } from "#contract/target.ts";
import { suggestion } from "#plan/suggestion.ts";
import { loadCatalogue } from "./catalogue.ts";
import type { CommonOptions } from "./options.ts";
import { shippedScenarios } from "./scenario-files.ts";
import type { Terminal } from "./terminal.ts";

/** `seatrial explain`: what a unit does, how it is judged, how to fix what it finds. */
export async function explain(
  [id = ""]: readonly string[],
  options: CommonOptions,
  terminal: Terminal,
): Promise<number> {
  const catalogue = await loadCatalogue();
  const lines = explanationOf(id, catalogue);
  if (options.json) terminal.result(JSON.stringify({ id, lines }));
  else for (const line of lines) terminal.result(line);
  return 0;
}

/** The explanation of one unit, as lines of plain text. */
export function explanationOf(id: string, catalogue: Catalogue): readonly string[] {
  const { attacks, disruptions, loads, devices, targets, checks } = catalogue;
  const attack = attacks.get(id);
  if (attack !== undefined) return ofAttack(attack);
  const disruption = disruptions.get(id);
  if (disruption !== undefined) return ofDisruption(disruption);
  const load = loads.get(id);
  if (load !== undefined) return ofLoad(load);
  const device = devices.get(id);
  if (device !== undefined) return ofDevice(device);
  const target = targets.get(id);
  if (target !== undefined) return ofTarget(target);
  const check = checks.find((each) => each.id === id);
  if (check !== undefined) return ofCheck(check);
  const renderer = catalogue.renderers.get(id);
  if (renderer !== undefined) return [`${id}: ${renderer.title}; choose it with --format ${id}`];
  const scenario = [...shippedScenarios()].find(([name]) => name === id || name.endsWith(`/${id}`));
  if (scenario !== undefined) {
    return [`${id}: a scenario, ${scenario[1]}`, `  what it would do: seatrial run ${id} --dry-run`];
  }
  const names = [
    ...attacks.keys(),
    ...disruptions.keys(),
    ...loads.keys(),
    ...devices.keys(),
    ...targets.keys(),
    ...checks.map((each) => each.id),
  ];
  throw new LabError("E_USAGE", `there is no unit "${id}"${suggestion(id, names)}`, "See them all with: seatrial list");
}

function ofAttack({
  id,
  title,
  explains,
  severity,
  layer,
  references,
  parameters,
  needs,
  checks,
  twins,
}: Attack): readonly string[] {
  const cited = Object.values(references).flat().join(", ");
  return [
    ...opening({ id, title, explains }),
    `severity ${severity}, ${layer} layer; needs ${needs.length === 0 ? "no identity" : needs.join(", ")}; ${cited}`,
    ...parameterLines(parameters),
    ...checks.flatMap((check) => ["", ...ofCheck(check)]),
    "",
    "Twins (the check fails with this one knob of the embedded broker, CoAP server or device loosened):",
    ...twins.map(({ kills, loosen }) => `  ${kills}: ${loosen.where}.${loosen.knob} = ${String(loosen.value)}`),
  ];
}

function ofDisruption({ id, title, explains, needs, parameters, checks = [] }: Disruption): readonly string[] {
  return [
    ...opening({ id, title, explains }),
    `needs ${needs.join(", ")}`,
    ...parameterLines(parameters),
    ...checks.flatMap((check) => ["", ...ofCheck(check)]),
  ];
}

function ofLoad({ id, title, explains, over, parameters }: Load): readonly string[] {
  return [...opening({ id, title, explains }), `works over ${over}`, ...parameterLines(parameters)];
}

/** Title and text of an attack, disruption or load. */
function opening({ id, title, explains }: Pick<Attack, "id" | "title" | "explains">): readonly string[] {
  const lines = explains.trim().split("\n");
  return [`${id}: ${title}`, "", ...lines.map((line) => line.trim()), ""];
}

function ofCheck({ id, asks, covers, remedy, needs }: Check): readonly string[] {
  return [
    `check ${id}`,
    `  asks     ${asks}`,
    `  covers   ${covers}`,
    `  needs    ${needs.join(", ") || "nothing"}`,
    `  remedy   ${remedy}`,
  ];
}

function ofDevice({ id, title, essential, impact, telemetry, behaviours }: DeviceType): readonly string[] {
  return [
    `${id}: ${title}`,
    `  essential function  ${essential.name}, every ${essential.everyMs} ms; safe state: ${essential.safeState} within ${essential.safeWithinMs} ms`,
    `  impact              ${Object.entries(impact)
      .map(([dimension, level]) => `${dimension} ${level}`)
      .join(", ")}`,
    `  telemetry           every ${telemetry.everyMs} ms, QoS ${telemetry.qos}`,
    "  knobs (hardened value first):",
    ...behaviours.flatMap(({ knobs }) =>
      Object.entries(knobs).map(([knob, { values, means }]) => `    ${knob}: ${values.join(" | ")}  ${means}`),
    ),
  ];
}

function ofTarget({ id, title, offers, listens, knobs, unverified }: Target): readonly string[] {
  return [
    `${id}: ${title}`,
    ...(unverified === undefined ? [] : [`  unverified: ${unverified}`]),
    ...(listens === undefined ? [] : [`  listens on ${listens.join(", ")}`]),
    `  offers  ${offers.join(", ") || "nothing"}`,
    ...(knobs === undefined ? [] : parameterLines(knobs)),
  ];
}

/** Each parameter with its default, as the schema tells. */
function parameterLines(schema: z.ZodObject): readonly string[] {
  const described = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  const properties = Object.entries(described.properties ?? {});
  if (properties.length === 0) return ["parameters: none"];
  return [
    "parameters:",
    ...properties.map(([name, property]) => {
      const { default: standard, description = "", enum: values } = typeof property === "object" ? property : {};
      const choice = values === undefined ? "" : ` (${values.join(" | ")})`;
      return `  ${name}${standard === undefined ? "" : ` = ${JSON.stringify(standard)}`}${choice}  ${description}`;
    }),
  ];
}
