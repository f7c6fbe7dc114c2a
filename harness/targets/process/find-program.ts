import { accessSync, constants, statSync } from "node:fs";
import { join } from "node:path";

/** Where package managers put servers; `sbin` is often missing from the PATH of ordinary users. */
const usualFolders = [
  "/usr/sbin",
  "/usr/bin",
  "/usr/local/sbin",
  "/usr/local/bin",
  "/opt/homebrew/sbin",
  "/opt/homebrew/bin",
];

/** The full path of an executable of this name in the usual folders, or undefined where there is none. */
export function findProgram(name: string, folders: readonly string[] = usualFolders): string | undefined {
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
