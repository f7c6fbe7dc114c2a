import { readdirSync } from "node:fs";
import { join } from "node:path";
import { cruise } from "dependency-cruiser";
import extractTsConfig from "dependency-cruiser/config-utl/extract-ts-config";
import { beforeAll, expect, it } from "vitest";
import configuration from "../../.dependency-cruiser.mjs";

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
  const { output } = await cruise(folders, { ...configuration.options, ruleSet: { forbidden: [] } }, undefined, {
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
