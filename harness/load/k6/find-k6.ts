import { execFile } from "node:child_process";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { LabError } from "#contract/errors.ts";
import type { Environment } from "#contract/target.ts";
import { k6Home } from "../k6-home.mjs";
import { findK6Image, imagesWithK6, type K6Image } from "./find-k6-image.ts";
import { isProgram } from "./is-program.ts";

/** A k6 that answered when it was asked for its version. */
export interface K6Program {
  readonly path: string;
  /** `1.8.1` */
  readonly version: string;
}

/** The command that brings a k6. */
export const bringK6 = "npm run setup:k6";

/** Where package managers put it. */
const usualFolders = ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin", "/snap/bin"];
const answersWithinMs = 10_000;
const run = promisify(execFile);

/**
 * The k6 that `SEATRIAL_K6` names; else the first that serves of the one that `npm run setup:k6` brings, those of the
 * `PATH`, and those in the usual folders; else the one in an image that Docker has here. A sentence where there is none.
 * Throws E_PROGRAM_MISSING where `SEATRIAL_K6` names something else.
 */
export async function findK6(
  environment: Environment,
  folders: readonly string[] = usualFolders,
  images: readonly string[] = imagesWithK6,
): Promise<K6Program | K6Image | string> {
  const named = environment["SEATRIAL_K6"];
  if (named !== undefined && named !== "") return theOneNamed(named);
  const onPath = (environment["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  const places = [k6Home(environment), ...[...onPath, ...folders].map((folder) => join(folder, "k6"))];
  const tooOld: string[] = [];
  for (const path of new Set(places.filter(isProgram))) {
    const version = await versionOf(path);
    if (version !== undefined && isRecent(version)) return { path, version };
    if (version !== undefined) tooOld.push(`${path} is version ${version}`);
  }
  const image = await findK6Image(environment, images);
  if (image !== undefined) return image;
  if (tooOld.length === 0) return "k6 is not installed";
  return `k6 must be version 1 or later, and ${tooOld.join(", ")}`;
}

async function theOneNamed(path: string): Promise<K6Program> {
  const version = isProgram(path) ? await versionOf(path) : undefined;
  if (version !== undefined && isRecent(version)) return { path, version };
  const why = version === undefined ? "is not k6" : `is k6 ${version}, and version 1 or later is needed`;
  throw new LabError(
    "E_PROGRAM_MISSING",
    `SEATRIAL_K6 names ${path}, which ${why}`,
    `Correct it, or unset it and run: ${bringK6}`,
  );
}

/** What follows `k6 v`, or undefined where that is not what the program says. */
async function versionOf(path: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(path, ["version"], { timeout: answersWithinMs, env: {} });
    return /^k6(?:\.exe)? v(\d+\.\d+\.\d+)/.exec(stdout)?.[1];
  } catch {
    return undefined;
  }
}

/** Before version 1 k6 read no TypeScript of itself. */
function isRecent(version: string): boolean {
  return Number(version.split(".")[0]) >= 1;
}
