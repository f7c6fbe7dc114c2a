import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A child process of a run, and how to know it again: a process id alone may have been given to somebody else since. */
interface Lease {
  readonly owner: { readonly pid: number; readonly began: string };
  readonly child: { readonly pid: number; readonly began: string };
  readonly what: string;
  readonly run: string;
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

  take(child: { readonly pid: number; readonly what: string }): void {
    const [ownerBegan, childBegan] = [beganOf(process.pid), beganOf(child.pid)];
    if (ownerBegan === undefined || childBegan === undefined) return;
    const lease: Lease = {
      owner: { pid: process.pid, began: ownerBegan },
      child: { pid: child.pid, began: childBegan },
      what: child.what,
      run: this.#run,
    };
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    const path = join(this.#directory, `${this.#run}-${child.pid}.json`);
    writeFileSync(path, JSON.stringify(lease), { mode: 0o600 });
    this.#own.push(path);
  }

  /** Forgets this run's leases; its targets have been disposed of by then. */
  [Symbol.dispose](): void {
    for (const path of this.#own) rmSync(path, { force: true });
  }
}

/** Ends the processes that killed runs left behind. Returns what was ended, in words. */
export function reapOrphans(directory: string): readonly string[] {
  let names: readonly string[];
  try {
    names = readdirSync(directory);
  } catch {
    return [];
  }
  return names.flatMap((name) => reap(join(directory, name)));
}

function reap(path: string): readonly string[] {
  const lease = read(path);
  if (lease === undefined) return [];
  if (beganOf(lease.owner.pid) === lease.owner.began) return [];
  rmSync(path, { force: true });
  if (beganOf(lease.child.pid) !== lease.child.began) return [];
  process.kill(lease.child.pid, "SIGKILL");
  return [`${lease.what} (process ${lease.child.pid}) of run ${lease.run}`];
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
  return typeof value === "object" && value !== null && "owner" in value && "child" in value && "what" in value;
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
