import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { isNeededToRun, productionPackages } from "./production-packages.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "packages-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Installs a package of this manifest. */
function install(place: string, manifest: object): void {
  mkdirSync(join(folder, place), { recursive: true });
  writeFileSync(join(folder, place, "package.json"), JSON.stringify(manifest));
}

const needs = (...names: readonly string[]) => ({ dependencies: Object.fromEntries(names.map((name) => [name, "1"])) });
const places = (root: string) => productionPackages(join(folder, root), folder).map(({ place }) => place);

it("follows what is needed to run, through nested packages and circles, and nothing else", () => {
  install(".", { ...needs("a"), devDependencies: { tool: "1" }, optionalDependencies: { node: "1" } });
  install("node_modules/a", needs("b", "@types/b"));
  install("node_modules/a/node_modules/b", needs("a", "c"));
  install("node_modules/b", {});
  install("node_modules/c", { dependencies: { fast: "1" }, optionalDependencies: { fast: "1" } });
  for (const name of ["tool", "node", "fast", "@types/b"]) install(`node_modules/${name}`, {});
  expect(places(".")).toEqual(["node_modules/a", "node_modules/a/node_modules/b", "node_modules/c"]);
});

it("finds the packages beside an installed seatrial", () => {
  install("node_modules/seatrial", needs("a", "b"));
  install("node_modules/seatrial/node_modules/a", {});
  install("node_modules/a", {});
  install("node_modules/b", {});
  expect(places("node_modules/seatrial")).toEqual(["node_modules/seatrial/node_modules/a", "node_modules/b"]);
});

it("says which package is not installed", () => {
  install(".", needs("missing"));
  expect(() => places(".")).toThrow("the package missing");
});

it.each([
  ["index.js", true],
  ["index.cjs", true],
  ["data.json", true],
  ["addon.node", true],
  ["LICENSE", true],
  ["latest/index.js", true],
  ["index.d.ts", false],
  ["index.js.map", false],
  ["README.md", false],
  ["src/index.ts", false],
  ["lib/test", false],
])("%s: %s", (name, needed) => expect(isNeededToRun(join("/x/node_modules/a", name))).toBe(needed));
