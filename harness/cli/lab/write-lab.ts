import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { LabError } from "#contract/errors.ts";
import type { LabFile } from "./lab-files.ts";

/** By this file a folder is known as a lab, which may be replaced. */
export const labMark = "lab.json";

/** Where the services `fleet` and `assess` write their runs. */
const runs = "runs";

/** What a lab is made of. */
export interface LabOrder {
  readonly folder: string;
  readonly files: readonly LabFile[];
  /** The content of {@link labMark}. */
  readonly mark: string;
  /** Replaces a lab that is there; its runs are kept. */
  readonly force: boolean;
}

/**
 * Writes a lab, whole or not at all. Throws E_USAGE where something is there already, E_STORE where it cannot be written.
 *
 * The folder is for its owner alone (0700), and what lies in it is readable by all. So nobody else on this machine gets
 * at the secrets, while the user of a container, who has another number, can read what is mounted there.
 */
export function writeLab({ folder, files, mark, force }: LabOrder): void {
  const path = resolve(folder);
  const isThere = existsSync(path);
  if (isThere) refuseUnless(mayReplace(path, folder, force));
  else if (!existsSync(dirname(path))) throw noParent(folder, dirname(path));
  const draft = `${path}.${process.pid}.draft`;
  try {
    mkdirSync(draft, { mode: 0o700 });
    for (const file of [...files, { path: labMark, content: mark }]) writeIn(draft, file);
    // Secrets must not get into a repository, wherever the lab lies.
    writeIn(draft, { path: ".gitignore", content: "*\n" });
    makeFolder(join(draft, runs), 0o777);
    if (isThere) replace(path, draft);
    else renameSync(draft, path);
  } catch (cause) {
    rmSync(draft, { recursive: true, force: true });
    throw cannotWrite(folder, cause);
  }
}

function writeIn(draft: string, { path, content }: LabFile): void {
  const folders = path.split("/").slice(0, -1);
  folders.forEach((_, at) => makeFolder(join(draft, ...folders.slice(0, at + 1)), 0o755));
  const file = join(draft, path);
  writeFileSync(file, content, { flush: true });
  // Whatever the umask says: the container's user is nobody in particular here.
  chmodSync(file, 0o644);
}

function makeFolder(path: string, mode: number): void {
  if (existsSync(path)) return;
  mkdirSync(path);
  chmodSync(path, mode);
}

/** Puts the new lab in the place of the old one, and then the runs of the old one into it. */
function replace(path: string, draft: string): void {
  const old = `${path}.${process.pid}.old`;
  renameSync(path, old);
  try {
    renameSync(draft, path);
  } catch (cause) {
    renameSync(old, path);
    throw cause;
  }
  if (existsSync(join(old, runs))) {
    rmdirSync(join(path, runs));
    renameSync(join(old, runs), join(path, runs));
  }
  rmSync(old, { recursive: true, force: true });
}

type Refusal = LabError | undefined;

function mayReplace(path: string, folder: string, force: boolean): Refusal {
  if (!statSync(path).isDirectory()) {
    return new LabError("E_USAGE", `${folder} is a file, not a folder`, "Choose a folder with --out.");
  }
  if (existsSync(join(path, labMark))) {
    if (force) return undefined;
    return new LabError(
      "E_USAGE",
      `there is a lab in ${folder} already`,
      "Use it; or end its containers (docker-compose --profile all down) and make it anew, with other secrets, by --force.",
    );
  }
  if (readdirSync(path).length === 0) return undefined;
  // A slip of --out must not cost anybody a folder.
  return new LabError("E_USAGE", `${folder} is not empty, and no lab`, "Choose another folder with --out.");
}

function refuseUnless(refusal: Refusal): void {
  if (refusal !== undefined) throw refusal;
}

function noParent(folder: string, parent: string): LabError {
  return new LabError("E_STORE", `${folder} cannot be made: there is no ${parent}`, "Make that folder first.");
}

function cannotWrite(folder: string, cause: unknown): LabError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new LabError(
    "E_STORE",
    `the lab cannot be written to ${folder}: ${why}`,
    "Choose a folder that you may write to, on a disk with room, with --out.",
    { cause },
  );
}
