import { spawn } from "node:child_process";
import type { Clock } from "#contract/bench.ts";

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** A program that runs. */
export interface Child {
  readonly pid: number;
  /** Resolves when it has ended; never rejects. */
  readonly exited: Promise<Exit>;
  /** Whether {@link stop} was called, so that its end is no surprise. */
  readonly isStopping: boolean;
  /** Asks it to end, and kills it when it has not after `graceMs`. Resolves when it is gone. */
  stop(graceMs: number): Promise<void>;
}

/** Starts a program; `onLog` hears its standard error. Rejects where it cannot be started at all. */
export function spawnChild(
  path: string,
  parameters: readonly string[],
  clock: Clock,
  onLog: (text: string) => void,
): Promise<Child> {
  const { promise, resolve, reject } = Promise.withResolvers<Child>();
  // A process group of its own: Ctrl-C in the terminal is ours to handle, and must not end the target before its run.
  const started = spawn(path, parameters, { stdio: ["ignore", "ignore", "pipe"], detached: true });
  const exited = new Promise<Exit>((done) => {
    started.once("close", (code, signal) => done({ code, signal }));
  });
  let isStopping = false;
  started.stderr.setEncoding("utf8");
  started.stderr.on("data", onLog);
  started.once("error", reject);
  started.once("spawn", () => {
    resolve({
      pid: started.pid ?? 0,
      exited,
      get isStopping() {
        return isStopping;
      },
      async stop(graceMs) {
        isStopping = true;
        started.kill("SIGTERM");
        const gone = new AbortController();
        void exited.then(() => gone.abort());
        await clock.sleep(graceMs, gone.signal);
        if (!gone.signal.aborted) started.kill("SIGKILL");
        await exited;
      },
    });
  });
  return promise;
}
