import { cpSync } from "node:fs";
import { join } from "node:path";
import { LabError } from "#contract/errors.ts";
import { runProgram } from "./run-program.ts";
import type { Workshop } from "./workshop.ts";

/** A fixed version: without one Maven would take the newest. */
const goal = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies";

/**
 * Puts together what an image with files of Maven is built from, but for those files: they are fetched only where it is
 * built. Throws E_PROGRAM_MISSING where this machine has no Maven.
 * @param recipe the folder of Dockerfile and pom.xml.
 */
export async function mavenContext(workshop: Workshop, recipe: string, folder: string): Promise<string> {
  await maven(workshop, ["--version"]);
  cpSync(recipe, folder, { recursive: true, filter: (from) => !/[.][jt]s$/.test(from) });
  return folder;
}

/** Fetches what the pom.xml of a folder names into its `jars`. Throws E_IMAGE where that cannot be had. */
export async function fetchJars(workshop: Workshop, folder: string): Promise<void> {
  workshop.live("fetching what pom.xml names");
  const words = ["--quiet", "--batch-mode", "--file", join(folder, "pom.xml"), goal];
  const { code, output } = await maven(workshop, [...words, `-DoutputDirectory=${join(folder, "jars")}`]);
  if (code !== 0) throw mavenFault(output);
}

/** The lab error for what Maven said when it failed. */
export function mavenFault(said: string): LabError {
  const first = said.split("\n").find((line) => line.includes("ERROR")) ?? said.trim();
  return new LabError(
    "E_IMAGE",
    `Maven cannot fetch what the image needs: ${first.replace(/^\W*\[ERROR\]\s*/, "").slice(0, 400)}`,
    "Check the network and Maven's settings.xml; on a machine without a network, load a bundle: seatrial images load.",
  );
}

async function maven({ signal, environment, live }: Workshop, words: readonly string[]) {
  try {
    return await runProgram("mvn", words, { signal, environment, onLine: (line) => live(line.slice(0, 100)) });
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause && cause.code === "ENOENT")) throw cause;
    throw new LabError(
      "E_PROGRAM_MISSING",
      "it needs Maven, which is not installed",
      "Install it (sudo apt-get install maven), or load the image from a bundle.",
      { cause },
    );
  }
}
