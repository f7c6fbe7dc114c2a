import { existsSync, readdirSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { LabError } from "#contract/errors.ts";
import { suggestion } from "#plan/suggestion.ts";
import { home } from "./catalogue.ts";

/** The folder of scenarios that come with seatrial. */
export const scenariosFolder = fileURLToPath(new URL("scenarios/", home));

/** Scenarios that come with seatrial: their id (`smoke/everything-mqtt`) and their file. Products are not among them. */
export function shippedScenarios(): ReadonlyMap<string, string> {
  const files = yamlFiles(scenariosFolder).filter((file) => !relative(scenariosFolder, file).startsWith("products"));
  return new Map(
    files.map((file) => [
      relative(scenariosFolder, file)
        .replaceAll("\\", "/")
        .replace(/\.yaml$/, ""),
      file,
    ]),
  );
}

/** The scenario files that a word on the command line names: a file, a folder of files, or the id of a shipped one. */
export function scenarioFilesOf(word: string): readonly string[] {
  if (existsSync(word)) {
    if (!statSync(word).isDirectory()) return [word];
    const files = yamlFiles(word);
    if (files.length > 0) return files;
    throw new LabError(
      "E_USAGE",
      `${word}: the folder holds no .yaml file`,
      "Give a scenario file or a folder of them.",
    );
  }
  const shipped = shippedScenarios();
  const exact = shipped.get(word);
  if (exact !== undefined) return [exact];
  const byName = [...shipped].filter(([id]) => id.endsWith(`/${word}`)).map(([, file]) => file);
  if (byName.length > 0) return byName;
  const inFolder = [...shipped].filter(([id]) => id.startsWith(`${word}/`)).map(([, file]) => file);
  if (inFolder.length > 0) return inFolder;
  const names = [...shipped.keys()].flatMap((id) => [id, id.slice(id.indexOf("/") + 1)]);
  throw new LabError(
    "E_USAGE",
    `there is no scenario, file or folder "${word}"${suggestion(word, names)}`,
    "See them all with: seatrial list scenarios",
  );
}

function yamlFiles(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.ya?ml$/.test(name))
    .toSorted()
    .map((name) => join(folder, name));
}
