import { readdirSync } from "node:fs";
import { join } from "node:path";
import { cruise } from "dependency-cruiser";
import extractConfiguration from "dependency-cruiser/config-utl/extract-depcruise-config";
import extractTsConfig from "dependency-cruiser/config-utl/extract-ts-config";
import { beforeAll, expect, it } from "vitest";

const folders = ["harness", "simulator", "attacks", "reports"];

/** Every source file there is, as the disk tells. */
const files = folders.flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /[.](ts|mjs)$/.test(name))
    .map((name) => join(folder, name)),
);

let seen: ReadonlySet<string> = new Set();
let resolved = 0;
beforeAll(async () => {
  const { options } = await extractConfiguration("./.dependency-cruiser.mjs");
  const { output } = await cruise(folders, { ...options, ruleSet: { forbidden: [] } }, undefined, {
    tsConfig: extractTsConfig("tsconfig.json"),
  });
  if (typeof output === "string") throw new Error("expected modules, not text");
  seen = new Set(output.modules.map(({ source }) => source));
  resolved = output.modules
    .flatMap(({ dependencies }) => dependencies)
    .filter(({ couldNotResolve }) => !couldNotResolve).length;
}, 60_000);

it("lets the border tool see every file", () => {
  expect(files.length).toBeGreaterThan(50);
  expect(files.filter((file) => !seen.has(file))).toEqual([]);
});

it("lets the border tool follow the imports between them", () => {
  expect(resolved).toBeGreaterThan(files.length);
});
