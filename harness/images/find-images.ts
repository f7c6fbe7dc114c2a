import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { LabError } from "#contract/errors.ts";
import { suggestion } from "#plan/suggestion.ts";
import { baseReference, type LabImage } from "./lab-image.ts";

/** What of a container's recipe tells its image; the recipe itself is of no concern here. */
interface RecipeImage {
  readonly name: string;
  readonly title: string;
  readonly image: string;
}

/**
 * Every image that seatrial can use, found by folder: the base, one for each recipe of a container, and our own.
 * @param home the checkout, or the `dist` folder of an installed package.
 * @param version of seatrial.
 */
export async function findImages(home: URL, version: string, suite = "bookworm"): Promise<readonly LabImage[]> {
  const base: LabImage = {
    name: "base",
    reference: baseReference(suite),
    title: `Debian ${suite}, the smallest that apt runs on`,
    neededBy: "images build --offline",
    source: { kind: "base", suite },
  };
  return [base, ...(await recipeImages(new URL("harness/targets/containers/", home))), ...ownImages(home, version)];
}

/** The images that these words name, short or in full; all where there are none. Throws E_USAGE for one that is not known. */
export function imagesNamed(images: readonly LabImage[], words: readonly string[]): readonly LabImage[] {
  const wanted = new Set(
    words.map((word) => {
      const found = images.find(({ name, reference }) => [name, reference, reference.split(":")[0]].includes(word));
      if (found !== undefined) return found;
      const names = images.map(({ name }) => name);
      throw new LabError(
        "E_USAGE",
        `there is no image "${word}"${suggestion(word, names)}`,
        `Choose among ${names.join(", ")}.`,
      );
    }),
  );
  // In the order of the catalogue, each once: the base comes before those that stand on it.
  return words.length === 0 ? images : images.filter((image) => wanted.has(image));
}

async function recipeImages(containers: URL): Promise<readonly LabImage[]> {
  // In a checkout this file is TypeScript; in the packed tarball it and the recipes are JavaScript.
  const recipeFile = `container${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`;
  const folders = foldersIn(containers).filter((name) => existsSync(new URL(`${name}/${recipeFile}`, containers)));
  return Promise.all(
    folders.map(async (folder) => {
      const loaded: unknown = await import(new URL(`${folder}/${recipeFile}`, containers).href);
      const recipe = Object.values(loaded ?? {}).find(isRecipe);
      if (recipe === undefined) throw new Error(`${folder}/${recipeFile} must export a recipe (name, title, image)`);
      const path = fileURLToPath(new URL(folder, containers));
      return {
        name: recipe.name,
        reference: recipe.image,
        title: recipe.title,
        neededBy: `container:${recipe.name}`,
        source: sourceOf(path),
      } satisfies LabImage;
    }),
  );
}

function sourceOf(folder: string): LabImage["source"] {
  if (!takesBase(folder)) return { kind: "registry" };
  return { kind: existsSync(join(folder, "pom.xml")) ? "maven" : "folder", folder };
}

function isRecipe(value: unknown): value is RecipeImage {
  return typeof value === "object" && value !== null && "image" in value && "name" in value && "title" in value;
}

/** Images of our own say in their Dockerfile what they are. */
function ownImages(home: URL, version: string): readonly LabImage[] {
  const here = new URL("harness/images/", home);
  return foldersIn(here)
    .map((name) => ({ name, folder: fileURLToPath(new URL(name, here)) }))
    .filter(({ folder }) => takesBase(folder))
    .map(({ name, folder }): LabImage => {
      const text = readFileSync(join(folder, "Dockerfile"), "utf8");
      const pinned = /^ARG VERSION=(\S+)$/m.exec(text)?.[1];
      return {
        name,
        reference: `seatrial/${name}:${pinned === undefined ? version : `${pinned}-debian12`}`,
        title: said(text, "title") ?? name,
        neededBy: said(text, "needed by") ?? "",
        source: pinned === undefined ? { kind: "seatrial", folder } : { kind: "folder", folder },
      };
    });
}

/** What the comment `# key: …` at the top of a Dockerfile says. */
function said(dockerfile: string, key: string): string | undefined {
  return new RegExp(`^# ${key}: (.+)$`, "m").exec(dockerfile)?.[1];
}

function takesBase(folder: string): boolean {
  const path = join(folder, "Dockerfile");
  return existsSync(path) && /^ARG BASE_IMAGE\b/m.test(readFileSync(path, "utf8"));
}

function foldersIn(place: URL): readonly string[] {
  if (!existsSync(place)) return [];
  return readdirSync(place, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted();
}
