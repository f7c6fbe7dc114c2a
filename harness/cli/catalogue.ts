import { readdirSync } from "node:fs";
import type { Attack } from "#contract/attack.ts";
import type { Catalogue } from "#contract/catalogue.ts";
import type { FreeCheck } from "#contract/check.ts";
import type { DeviceType } from "#contract/device.ts";
import type { Disruption } from "#contract/disruption.ts";
import type { Load } from "#contract/load.ts";
import type { Renderer } from "#contract/report.ts";
import type { Target } from "#contract/target.ts";
import { fleetOf } from "#simulator/fleet/fleet.ts";
import type { ContainerRecipe } from "#targets/containers/container-recipe.ts";

/** The checkout, or the `dist` folder of an installed package: both have the same folders. */
export const home = new URL("../../", import.meta.url);

const attackFolders = ["attacks/mqtt/", "attacks/coap/", "attacks/campaigns/"];

/** Finds every unit by folder: one file, one unit. */
export async function loadCatalogue(): Promise<Catalogue> {
  const attacks = byId((await Promise.all(attackFolders.map((folder) => unitsIn<Attack>(folder, "launch")))).flat());
  const disruptions = byId(await unitsIn<Disruption>("attacks/disruptions/", "impose"));
  const freeChecks = byId(await unitsIn<FreeCheck>("reports/checks/", "judge"));
  const renderers = await unitsIn<Renderer>("reports/render/", "render");
  return {
    attacks,
    disruptions,
    freeChecks,
    loads: byId(await unitsIn<Load>("harness/load/", "apply")),
    devices: byId(await unitsIn<DeviceType>("simulator/devices/", "behaviours")),
    targets: byId([...(await unitsIn<Target>("harness/targets/", "offers")), ...(await containerTargets())]),
    renderers: new Map(renderers.map((renderer) => [renderer.format, renderer])),
    checks: [
      ...[...attacks.values()].flatMap(({ checks }) => checks),
      ...[...disruptions.values()].flatMap(({ checks = [] }) => checks),
      ...freeChecks.values(),
    ],
    fleetOf: (device, size, posture) => fleetOf({ device, size, posture }),
  };
}

const containers = "harness/targets/containers/";

/** Every folder of the containers that holds a recipe is a target. */
async function containerTargets(): Promise<readonly Target[]> {
  const recipes = readdirSync(new URL(containers, home), { recursive: true, encoding: "utf8" })
    .filter((path) => /^[a-z0-9-]+[/\\]container\.(ts|js)$/.test(path))
    .toSorted();
  if (recipes.length === 0) return [];
  const { containerTarget } = await import("#targets/containers/container-target.ts");
  return Promise.all(
    recipes.map(async (path) => containerTarget(await unitOf<ContainerRecipe>(`${containers}${path}`, "configure"))),
  );
}

/** Loads a folder; the files in it export one value each that has the member `mark`. */
async function unitsIn<T extends object>(folder: string, mark: keyof T & string): Promise<readonly T[]> {
  const names = readdirSync(new URL(folder, home))
    .filter((name) => /^[a-z0-9-]+\.(ts|js)$/.test(name))
    .toSorted();
  return Promise.all(names.map((name) => unitOf<T>(`${folder}${name}`, mark)));
}

async function unitOf<T extends object>(path: string, mark: keyof T & string): Promise<T> {
  const loaded: unknown = await import(new URL(path.replaceAll("\\", "/"), home).href);
  const units = Object.values(loaded ?? {}).filter((value) => isUnit<T>(value, mark));
  const [unit] = units;
  if (unit === undefined || units.length > 1) {
    throw new Error(`${path} must export exactly one unit (a value with "${mark}"), not ${units.length}`);
  }
  return unit;
}

function isUnit<T extends object>(value: unknown, mark: keyof T & string): value is T {
  return typeof value === "object" && value !== null && mark in value;
}

function byId<T extends { readonly id: string }>(units: readonly T[]): ReadonlyMap<string, T> {
  return new Map(units.map((unit) => [unit.id, unit]));
}
