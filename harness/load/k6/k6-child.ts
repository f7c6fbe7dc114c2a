import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Clock } from "#contract/bench.ts";
import { StderrTail } from "./stderr-tail.ts";

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** A k6 that runs. Disposing kills it, where it still does. */
export interface K6Child extends AsyncDisposable {
  /** The process whose use of processors is that of k6; undefined while nobody knows. */
  readonly pid: number | undefined;
  readonly stderr: StderrTail;
  /** Aborts when it has ended and all its lines were heard. */
  readonly ended: AbortSignal;
  /** How it ended; undefined while it runs. */
  readonly exit: Exit | undefined;
  /**
   * Asks it to end, so that it still sums up, and kills it when it has not after `graceMs`. Resolves when it is gone, with
   * whether it had to be killed.
   */
  end(graceMs: number): Promise<boolean>;
}

/** A program that is k6, or waits for one. */
export interface K6Command {
  readonly path: string;
  readonly parameters: readonly string[];
  /** All of it. */
  readonly environment: Readonly<Record<string, string>>;
  readonly clock: Clock;
  /** Hears its standard output. */
  readonly onLine: (line: string) => void;
  /** Ends what a killed program would leave running; called whenever it has to be gone. Never rejects. */
  readonly remove?: () => Promise<void>;
}

/** Starts a program in a process group of its own. Rejects where it cannot be started at all. */
export function spawnK6({ path, parameters, environment, clock, onLine, remove }: K6Command): Promise<K6Child> {
  const { promise, resolve, reject } = Promise.withResolvers<K6Child>();
  // A process group of its own: Ctrl-C in the terminal is ours to handle, and a wrapper script ends with what it started.
  const started = spawn(path, parameters, { stdio: ["ignore", "pipe", "pipe"], detached: true, env: environment });
  const stderr = new StderrTail();
  const ended = new AbortController();
  let exit: Exit | undefined;
  const lines = createInterface({ input: started.stdout });
  const heard = new Promise<void>((done) => lines.once("close", done));
  lines.on("line", onLine);
  started.stderr.setEncoding("utf8");
  started.stderr.on("data", (text: string) => stderr.add(text));
  started.once("error", reject);
  started.once("close", (code, signal) => {
    exit = { code, signal };
    void heard.then(() => ended.abort());
  });
  const group = (signal: NodeJS.Signals) => {
    if (exit === undefined && started.pid !== undefined) signalGroup(started.pid, signal);
  };
  const gone = async (withinMs: number) => {
    await clock.sleep(withinMs, ended.signal);
    return ended.signal.aborted;
  };
  const kill = async () => {
    await remove?.();
    if (ended.signal.aborted) return;
    group("SIGKILL");
    await new Promise<void>((done) => {
      if (ended.signal.aborted) done();
      else ended.signal.addEventListener("abort", () => done());
    });
  };
  started.once("spawn", () => {
    resolve({
      pid: started.pid,
      stderr,
      ended: ended.signal,
      get exit() {
        return exit;
      },
      async end(graceMs) {
        group("SIGINT");
        if (await gone(graceMs)) return false;
        await kill();
        return true;
      },
      [Symbol.asyncDispose]: kill,
    });
  });
  return promise;
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // It ended by itself in the meantime.
  }
}
