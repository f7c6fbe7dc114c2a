import { execFile } from "node:child_process";
import { LabError } from "#contract/errors.ts";
import { findProgram } from "../process/find-program.ts";

/** An installed Mosquitto. */
export interface MosquittoProgram {
  readonly path: string;
  /** `2.0.11`; `of unknown version` where it does not say. */
  readonly version: string;
}

/**
 * The Mosquitto of this machine. Throws E_PROGRAM_MISSING where there is none.
 * @param folders where to look; the usual ones unless told otherwise.
 */
export async function mosquittoProgram(folders?: readonly string[]): Promise<MosquittoProgram> {
  const path = findProgram("mosquitto", folders);
  if (path === undefined) {
    throw new LabError(
      "E_PROGRAM_MISSING",
      "local:mosquitto: no mosquitto in /usr/sbin, /usr/bin, /usr/local or /opt/homebrew",
      "Install it (apt-get install mosquitto, brew install mosquitto), or use --target embedded.",
    );
  }
  return { path, version: await versionOf(path) };
}

function versionOf(path: string): Promise<string> {
  return new Promise((resolve) => {
    // `-h` ends with exit code 3 in all versions, so the code says nothing.
    execFile(path, ["-h"], { timeout: 5_000, maxBuffer: 65_536 }, (_failure, output) => {
      resolve(/mosquitto version (\S+)/.exec(output)?.[1] ?? "of unknown version");
    });
  });
}
