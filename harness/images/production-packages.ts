import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { LabError } from "#contract/errors.ts";

/** An installed package that seatrial needs to run. */
export interface InstalledPackage {
  /** Where it lies. */
  readonly path: string;
  /** Where npm would put it beside an installed seatrial: `node_modules/mqtt`. */
  readonly place: string;
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/**
 * The packages that the package in this folder cannot run without, found as Node finds them. Optional ones, and type
 * declarations, are left out. Throws E_PROGRAM_MISSING where one is not installed.
 * @param project the folder that holds the outermost `node_modules`.
 */
export function productionPackages(root: string, project: string): readonly InstalledPackage[] {
  const found = new Map<string, InstalledPackage>();
  const follow = (folder: string) => {
    for (const name of neededBy(folder)) {
      const path = findPackage(folder, name);
      if (path === undefined) {
        throw new LabError(
          "E_PROGRAM_MISSING",
          `the package ${name}, which ${folder} needs, is not installed`,
          "Run npm ci (in a checkout) or npm install, and try again.",
        );
      }
      if (found.has(path)) continue;
      found.set(path, { path, place: relative(project, path) });
      follow(path);
    }
  };
  follow(root);
  return [...found.values()];
}

function neededBy(folder: string): readonly string[] {
  const { dependencies = {}, optionalDependencies = {} } = manifestOf(folder);
  // npm lists what is optional under both.
  return Object.keys(dependencies).filter((name) => !(name in optionalDependencies) && !name.startsWith("@types/"));
}

function manifestOf(folder: string): Manifest {
  const manifest: unknown = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return typeof manifest === "object" && manifest !== null ? manifest : {};
}

function findPackage(from: string, name: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const path = join(folder, "node_modules", name);
    if (existsSync(join(path, "package.json"))) return path;
    if (folder === dirname(folder)) return undefined;
  }
}

/** Whether a file of a package is of use at run time: Node reads no types, maps, documents, tests, nor programs for Bare. */
export function isNeededToRun(path: string): boolean {
  return !/[.](ts|mts|cts|map|md|markdown|flow|bare)$|[/\\](tests?|__tests__)$/.test(path);
}
