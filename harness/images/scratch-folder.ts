import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

const prefix = "seatrial-images-";

/**
 * A folder for as long as something is built. Its name tells the process that made it, so that what a killed one left
 * behind goes with the next.
 */
export class ScratchFolder implements Disposable {
  readonly path: string;

  /** @param parent where it is made: the system's folder for temporary files. */
  constructor(parent: string) {
    sweep(parent);
    this.path = mkdtempSync(join(parent, `${prefix}${process.pid}-`));
  }

  [Symbol.dispose](): void {
    removeTree(this.path);
  }
}

/** Removes the folders of processes that are gone. */
function sweep(parent: string): void {
  for (const name of readdirSync(parent)) {
    const pid = new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    try {
      removeTree(join(parent, name));
    } catch {
      // Somebody else's, or still mounted; it is theirs to remove.
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    // EPERM: it lives, and belongs to somebody else.
    return !(cause instanceof Error && "code" in cause && cause.code === "ESRCH");
  }
}

/** Removes a folder, unless a file system is mounted in it: then what is in that one would go as well. */
function removeTree(path: string): void {
  if (mountedBelow(path))
    throw new Error(`${path} has a file system mounted in it; unmount it, then remove the folder`);
  rmSync(path, { recursive: true, force: true });
}

function mountedBelow(path: string): boolean {
  try {
    // Field 5 is the mount point (proc_pid_mountinfo(5)).
    const lines = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
    return lines.some((line) => (line.split(" ")[4] ?? "").startsWith(path));
  } catch {
    return false;
  }
}
