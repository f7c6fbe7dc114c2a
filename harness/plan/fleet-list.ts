import { z } from "zod";
import type { Catalogue } from "#contract/catalogue.ts";
import type { DeviceType, KnobTable } from "#contract/device.ts";
import type { Fleet } from "#contract/fleet.ts";
import { count } from "#contract/parameters.ts";
import type { Target } from "#contract/target.ts";
import { unspoken } from "./abilities.ts";
import type { Path, PlanDocument } from "./document.ts";
import { mappingAt, readFields, reportUnknownKeys } from "./fields.ts";
import { suggestion } from "./suggestion.ts";

/** Most devices that one plan may start. */
export const mostDevices = 20_000;

/** Keys of one fleet. */
export const fleetShape = {
  device: z.string().describe("Id of the device type; see them with: seatrial list devices"),
  size: count({ atLeast: 1, atMost: mostDevices }).describe("How many devices"),
  posture: z
    .record(z.string(), z.unknown())
    .optional()
    .describe("Knobs of the devices that are not left at their hardened value"),
};

/** Reads a list of fleets; `key` is the key that it stands under. */
export function readFleets(document: PlanDocument, key: string, catalogue: Catalogue): readonly Fleet[] {
  const listed = document.at([key]);
  if (!Array.isArray(listed)) return [];
  const fleets = listed.flatMap((_, index) => readFleet(document, [key, index], catalogue) ?? []);
  const total = fleets.reduce((sum, { size }) => sum + size, 0);
  if (total > mostDevices) {
    const says = `the fleets hold ${total} devices together, more than ${mostDevices}, the most that is allowed`;
    document.problems.add(document.keyPlace([key]), says);
  }
  return fleets;
}

function readFleet(document: PlanDocument, path: Path, catalogue: Catalogue): Fleet | undefined {
  const { device: id, size } = readFields(document, path, fleetShape, "a fleet");
  if (id === undefined) return undefined;
  const device = catalogue.devices.get(id);
  if (device === undefined) {
    const names = [...catalogue.devices.keys()];
    const says = `there is no device "${id}"${suggestion(id, names)}`;
    document.problems.add(document.place([...path, "device"]), says, `Known: ${names.join(", ")}.`);
    return undefined;
  }
  const posture = readPosture(document, [...path, "posture"], device);
  return size === undefined ? undefined : catalogue.fleetOf(device, size, posture);
}

/** Every knob of a device type: those of its habits together. */
export function knobsOf({ behaviours }: DeviceType): KnobTable {
  return Object.fromEntries(behaviours.flatMap(({ knobs }) => Object.entries(knobs)));
}

function readPosture(document: PlanDocument, path: Path, device: DeviceType): { readonly [knob: string]: string } {
  const mapping = document.at(path) === undefined ? {} : mappingAt(document, path, "a posture");
  if (mapping === undefined) return {};
  const table = knobsOf(device);
  reportUnknownKeys(document, path, mapping, Object.keys(table), device.id);
  const chosen = Object.entries(mapping).flatMap(([knob, value]) => {
    const values = Object.hasOwn(table, knob) ? table[knob]?.values : undefined;
    if (values === undefined) return [];
    if (typeof value === "string" && values.includes(value)) return [[knob, value] as const];
    const meant = typeof value === "string" ? suggestion(value, values) : "";
    const says = `"${knob}" of ${device.id} must be one of ${values.join(", ")}, not ${JSON.stringify(value)}${meant}`;
    document.problems.add(document.place([...path, knob]), says);
    return [];
  });
  return Object.fromEntries(chosen);
}

/** Reports fleets that the target cannot serve: another protocol, or more devices than it has identities for. */
export function checkFleets(
  document: PlanDocument,
  key: string,
  fleets: readonly Fleet[],
  target: Target,
  clients = 0,
): void {
  const [strange] = fleets.flatMap(({ device }) => {
    const protocol = unspoken(device, target);
    return protocol === undefined ? [] : [`${device.id} speaks ${protocol}`];
  });
  if (strange !== undefined) {
    const says = `${strange}, which the target ${target.id} does not`;
    document.problems.add(document.keyPlace([key]), says);
  }
  const total = fleets.reduce((sum, { size }) => sum + size, 0) + clients;
  const most = target.gives?.devices ?? total;
  if (total > most) {
    const whose = clients > 0 ? "the fleets and the clients of the loads" : "the fleets";
    const says = `${whose} need ${total} identities, but the target ${target.id} gives ${most}`;
    document.problems.add(
      document.keyPlace(fleets.length > 0 ? [key] : ["stages"]),
      says,
      `Name more devices in the identities file, or ask for fewer${clients > 0 ? " devices or clients" : " devices"}.`,
    );
  }
}
