import { readdirSync } from "node:fs";
import type { Attack } from "#contract/attack.ts";
import type { Catalogue } from "#contract/catalogue.ts";
import type { FreeCheck } from "#contract/check.ts";
import type { DeviceType } from "#contract/device.ts";
import type { Disruption } from "#contract/disruption.ts";
import type { Renderer } from "#contract/report.ts";
import type { Target } from "#contract/target.ts";
import { fleetOf } from "#simulator/fleet/fleet.ts";

/** The checkout, or the `dist` folder of an installed package: both have the same folders. */
export const home = new URL("../../", import.meta.url);

/** Finds every unit by folder: one file, one unit. */
export async function loadCatalogue(): Promise<Catalogue> {
  const attacks = byId(await unitsIn<Attack>("attacks/mqtt/", "launch"));
  const disruptions = byId(await unitsIn<Disruption>("attacks/disruptions/", "impose"));
  const freeChecks = byId(await unitsIn<FreeCheck>("reports/checks/", "judge"));
  const renderers = await unitsIn<Renderer>("reports/render/", "render");
  return {
    attacks,
    disruptions,
    freeChecks,
    devices: byId(await unitsIn<DeviceType>("simulator/devices/", "behaviours")),
    targets: byId(await unitsIn<Target>("harness/targets/", "offers")),
    renderers: new Map(renderers.map((renderer) => [renderer.format, renderer])),
    checks: [
      ...[...attacks.values()].flatMap(({ checks }) => checks),
      ...[...disruptions.values()].flatMap(({ checks = [] }) => checks),
      ...freeChecks.values(),
    ],
    fleetOf: (device, size, posture) => fleetOf({ device, size, posture }),
  };
}

/** Loads a folder; the files in it export one value each that has the member `mark`. */
async function unitsIn<T extends object>(folder: string, mark: keyof T & string): Promise<readonly T[]> {
  const names = readdirSync(new URL(folder, home))
    .filter((name) => /^[a-z0-9-]+\.(ts|js)$/.test(name))
    .toSorted();
  return Promise.all(
    names.map(async (name) => {
      const loaded: unknown = await import(new URL(`${folder}${name}`, home).href);
      const units = Object.values(loaded ?? {}).filter((value) => isUnit<T>(value, mark));
      const [unit] = units;
      if (unit === undefined || units.length > 1) {
        throw new Error(`${folder}${name} must export exactly one unit (a value with "${mark}"), not ${units.length}`);
      }
      return unit;
    }),
  );
}

function isUnit<T extends object>(value: unknown, mark: keyof T & string): value is T {
  return typeof value === "object" && value !== null && mark in value;
}

function byId<T extends { readonly id: string }>(units: readonly T[]): ReadonlyMap<string, T> {
  return new Map(units.map((unit) => [unit.id, unit]));
}
