import { type ChildProcess, spawn } from "node:child_process";
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
  /** Whether {@link stop} or {@link kill} was called, so that its end is no surprise. */
  readonly isStopping: boolean;
  /** Asks it to end, and kills it when it has not after `graceMs`. Resolves when it is gone. */
  stop(graceMs: number): Promise<void>;
  /** Ends it as a crash does: it can neither tidy up nor say goodbye. Resolves when it is gone. */
  kill(): Promise<void>;
  /** Freezes it until disposed; where it is frozen twice, until both are. Disposing of one that has ended does nothing. */
  pause(): AsyncDisposable;
}

/**
 * Starts a program. Rejects where it cannot be started at all.
 * @param onLog hears its standard error, and its standard output unless `onOutput` does.
 */
export function spawnChild(
  path: string,
  parameters: readonly string[],
  clock: Clock,
  onLog: (text: string) => void,
  onOutput = onLog,
): Promise<Child> {
  const { promise, resolve, reject } = Promise.withResolvers<Child>();
  // A process group of its own: Ctrl-C in the terminal is ours to handle, and must not end the target before its run.
  const started = spawn(path, parameters, { stdio: ["ignore", "pipe", "pipe"], detached: true });
  const exited = new Promise<Exit>((done) => {
    started.once("close", (code, signal) => done({ code, signal }));
  });
  started.stdout.setEncoding("utf8").on("data", onOutput);
  started.stderr.setEncoding("utf8").on("data", onLog);
  started.once("error", reject);
  started.once("spawn", () => resolve(new Running(started, exited, clock)));
  return promise;
}

class Running implements Child {
  readonly exited: Promise<Exit>;
  readonly #process: ChildProcess;
  readonly #clock: Clock;
  readonly #pauses = new Set<object>();
  #isStopping = false;

  constructor(process: ChildProcess, exited: Promise<Exit>, clock: Clock) {
    this.#process = process;
    this.exited = exited;
    this.#clock = clock;
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  get isStopping(): boolean {
    return this.#isStopping;
  }

  async stop(graceMs: number): Promise<void> {
    this.#isStopping = true;
    this.#process.kill("SIGTERM");
    // A frozen process hears of SIGTERM only when it goes on.
    this.#process.kill("SIGCONT");
    const gone = new AbortController();
    void this.exited.then(() => gone.abort());
    await this.#clock.sleep(graceMs, gone.signal);
    if (!gone.signal.aborted) this.#process.kill("SIGKILL");
    await this.exited;
  }

  async kill(): Promise<void> {
    this.#isStopping = true;
    this.#process.kill("SIGKILL");
    await this.exited;
  }

  pause(): AsyncDisposable {
    const mine = {};
    this.#pauses.add(mine);
    this.#process.kill("SIGSTOP");
    return {
      [Symbol.asyncDispose]: async () => {
        if (this.#pauses.delete(mine) && this.#pauses.size === 0) this.#process.kill("SIGCONT");
      },
    };
  }
}
