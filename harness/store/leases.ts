import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import type { Left } from "#contract/target.ts";

/** A process, and how to know it again: a process id alone may have been given to somebody else since. */
interface Known {
  readonly pid: number;
  readonly began: string;
}

/** What a run has started or made: a child process, a folder of secrets, or containers that carry the run's label. */
interface Lease {
  readonly owner: Known;
  readonly child?: Known;
  readonly folder?: string;
  readonly containersOf?: string;
  readonly what: string;
  readonly run: string;
}

/** Containers that a killed run left behind; they still have to be removed, and {@link forget} called then. */
export interface OrphanedContainers {
  readonly run: string;
  readonly what: string;
  readonly forget: () => void;
}

/** What became of the orphans: those that were ended, in words, and those that are still there. */
export interface Reaped {
  readonly ended: readonly string[];
  readonly containers: readonly OrphanedContainers[];
}

/**
 * Remembers what a run started and would leave behind if it were killed. The next start reaps those whose owner is gone.
 * Linux only: elsewhere processes cannot be told apart by their start time, and nothing is reaped.
 */
export class Leases implements Disposable {
  readonly #directory: string;
  readonly #run: string;
  readonly #own: string[] = [];

  /** @param directory kept between runs, one for each user. */
  constructor(directory: string, run: string) {
    this.#directory = directory;
    this.#run = run;
  }

  take(left: Left): void {
    const began = beganOf(process.pid);
    const held = heldBy(left);
    if (began === undefined || held === undefined) return;
    const lease: Lease = { owner: { pid: process.pid, began }, ...held, what: left.what, run: this.#run };
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    const path = join(this.#directory, `${this.#run}-${nameOf(left)}.json`);
    writeFileSync(path, JSON.stringify(lease), { mode: 0o600 });
    this.#own.push(path);
  }

  /** Forgets this run's leases; its targets have been disposed of by then. */
  [Symbol.dispose](): void {
    for (const path of this.#own) rmSync(path, { force: true });
  }
}

function nameOf(left: Left): string {
  if ("pid" in left) return String(left.pid);
  return "folder" in left ? basename(left.folder) : "containers";
}

function heldBy(left: Left): Pick<Lease, "child" | "folder" | "containersOf"> | undefined {
  if ("containersOf" in left) return { containersOf: left.containersOf };
  if ("folder" in left) return { folder: resolve(left.folder) };
  const began = beganOf(left.pid);
  return began === undefined ? undefined : { child: { pid: left.pid, began } };
}

/** Ends the processes that killed runs left behind, removes their secrets, and tells of their containers. */
export function reapOrphans(directory: string): Reaped {
  let names: readonly string[];
  try {
    names = readdirSync(directory);
  } catch {
    return { ended: [], containers: [] };
  }
  const ended: string[] = [];
  const containers: OrphanedContainers[] = [];
  for (const path of names.map((name) => join(directory, name))) {
    const lease = read(path);
    if (lease === undefined || beganOf(lease.owner.pid) === lease.owner.began) continue;
    const { what, run, child, folder, containersOf } = lease;
    const forget = () => rmSync(path, { force: true });
    if (containersOf !== undefined) {
      containers.push({ run: containersOf, what, forget });
      continue;
    }
    forget();
    if (folder !== undefined && isOurs(folder)) rmSync(folder, { recursive: true, force: true });
    if (child === undefined || beganOf(child.pid) !== child.began) continue;
    process.kill(child.pid, "SIGKILL");
    ended.push(`${what} (process ${child.pid}) of run ${run}`);
  }
  return { ended, containers };
}

/** A lease is a file that somebody could have written; only what a run could have made is removed. */
function isOurs(folder: string): boolean {
  return dirname(folder) === resolve(tmpdir()) && basename(folder).startsWith("seatrial-");
}

function read(path: string): Lease | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    return isLease(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isLease(value: unknown): value is Lease {
  return typeof value === "object" && value !== null && "owner" in value && "what" in value;
}

/** When a process began, in the kernel's clock ticks; undefined where it is gone or the system does not tell. */
function beganOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The command, in parentheses, may hold spaces and parentheses itself; field 22 is counted from behind it.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
