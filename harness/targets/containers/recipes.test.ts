import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { LabError } from "#contract/errors.ts";
import { randomOf } from "#testing/bench.ts";
import { labIdentities } from "../accounts/lab-identities.ts";
import { transportOf } from "./container-options.ts";
import type { ContainerRecipe, ContainerSetup } from "./container-recipe.ts";

const folders = globSync("*/container.ts", { cwd: import.meta.dirname })
  .map(dirname)
  .toSorted();

async function recipeIn(folder: string): Promise<ContainerRecipe> {
  const exported: { [name: string]: ContainerRecipe } = await import(`./${folder}/container.ts`);
  const [recipe, ...more] = Object.values(exported);
  if (recipe === undefined || more.length > 0) throw new Error(`${folder}/container.ts must export one recipe`);
  return recipe;
}

async function setUp(recipe: ContainerRecipe, posture: "weak" | "hardened"): Promise<ContainerSetup> {
  const random = randomOf(7);
  const identities = recipe.identities?.({ posture, devices: 3, random }) ?? labIdentities(random, 3);
  return recipe.configure({ posture, devices: 3, identities, random });
}

async function hardenedOf(recipe: ContainerRecipe): Promise<ContainerSetup | undefined> {
  try {
    return await setUp(recipe, "hardened");
  } catch (cause) {
    if (cause instanceof LabError && cause.code === "E_CAPABILITY_MISSING") return undefined;
    throw cause;
  }
}

const cases = await Promise.all(
  folders.map(async (folder) => {
    const recipe = await recipeIn(folder);
    return {
      folder,
      recipe,
      dockerfile: join(import.meta.dirname, folder, "Dockerfile"),
      setup: await hardenedOf(recipe),
    };
  }),
);
const built = cases.filter(({ recipe }) => recipe.image.startsWith("seatrial/"));
const foreign = cases.filter((each) => !built.includes(each));
const hardened = cases.flatMap(({ folder, setup, recipe: { speaks } }) =>
  setup === undefined ? [] : [{ folder, setup, speaks: speaks[0] }],
);

it("finds the recipes, and only that of HiveMQ cannot be hardened", () => {
  const known = ["californium", "emqx", "hivemq-ce", "libcoap", "mosquitto", "nanomq", "rabbitmq"];
  expect(folders).toEqual(expect.arrayContaining(known));
  expect(cases.filter(({ setup }) => setup === undefined).map(({ folder }) => folder)).toEqual(["hivemq-ce"]);
});

describe.each(cases)("the recipe of $folder", ({ folder, recipe }) => {
  it("bears the name of its folder", () => expect(recipe.name).toBe(folder));

  it("names an image by a tag that will not become another, and no registry", () => {
    const [, repository = "", tag = ""] = /^([^:]+):([^:]+)$/.exec(recipe.image) ?? [];
    expect(tag).toMatch(/^\d+\.\d+(\.\d+)?(-[\w.]+)?$/);
    // Docker takes the first part of a name for a host where it has a dot or is `localhost`.
    expect(repository.split("/")[0]).not.toMatch(/[.]|^localhost$/);
  });

  it("listens first for what it speaks, without security, on ports that differ", () => {
    const ports = recipe.listeners.map(({ port, scheme }) => `${port}/${transportOf(scheme)}`);
    expect([recipe.listeners[0]?.scheme]).toEqual(recipe.speaks);
    expect(new Set(ports).size).toBe(ports.length);
  });

  it("lets in who has no name, or with the key of the manuals, when weak", async () => {
    expect(JSON.stringify(await setUp(recipe, "weak"))).toMatch(
      /allow_anonymous(\s*=)? true|authentication = \[\]|HIVEMQ_ALLOW_ALL_CLIENTS":"true|secretPSK/,
    );
  });

  it("gives the same configuration for the same seed", async () => {
    expect(JSON.stringify(await setUp(recipe, "weak"))).toBe(JSON.stringify(await setUp(recipe, "weak")));
  });

  it("copies files to full paths", async () => {
    const { files } = await setUp(recipe, "weak");
    expect(files.filter(({ path }) => !path.startsWith("/"))).toEqual([]);
  });
});

describe.each(built)("the image of $folder", ({ recipe, dockerfile }) => {
  it("is built on a base that can be chosen", () => {
    expect(readFileSync(dockerfile, "utf8")).toMatch(/^ARG BASE_IMAGE=debian:12-slim\nFROM \$\{BASE_IMAGE\}$/m);
  });

  it("has been seen to run", () => expect(recipe.unverified).toBeUndefined());
});

describe.each(foreign)("the image of $folder", ({ recipe, dockerfile }) => {
  it("is not built here, and the recipe says that nobody has seen it run", () => {
    expect(existsSync(dockerfile)).toBe(false);
    expect(recipe.unverified).toMatch(/no run with this image has been seen/);
  });
});

describe.each(hardened.filter(({ speaks }) => speaks === "mqtt"))("a hardened $folder", ({ setup }) => {
  it("lets in nobody without a name, nor by a password that everybody knows", () => {
    const all = JSON.stringify(setup);
    expect(all).toMatch(/allow_anonymous(\s*=)? false|authentication = \[\{/);
    expect(all).not.toMatch(/allow_anonymous(\s*=)? true|ALLOW_ALL|"admin|admin:|guest:|"guest/);
  });
});

describe.each(hardened)("a hardened $folder", ({ setup }) => {
  it("has no key that stands in manuals", () => expect(JSON.stringify(setup)).not.toContain("secretPSK"));

  it("knows every account", () => {
    const content = setup.files.map((file) => file.content).join("\n");
    const names = ["operator", "seatrial-witness", "intruder", "victim", "device-0001", "device-0003"];
    expect(names.filter((name) => !content.includes(name))).toEqual([]);
  });
});
