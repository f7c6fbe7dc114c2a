import type { Bench } from "#contract/bench.ts";
import { LabError } from "#contract/errors.ts";
import type { Capabilities, Capability, TargetOrder } from "#contract/target.ts";
import { type LogKind, LogTail } from "../log/log-tail.ts";
import { type Child, spawnChild } from "./child.ts";
import { type Write, withSecretFiles } from "./secret-files.ts";

const readyWithinMs = 10_000;
const lookEveryMs = 20;
const stopWithinMs = 2_000;

/** Looks once whether it answers; tells why nothing does, or undefined where something does. */
export type Look = (withinMs: number) => Promise<Error | undefined>;

/** A program of this machine that serves, and how it is started, each time anew. */
export interface ProgramPlan {
  /** Whom messages are about: `local:mosquitto`. */
  readonly target: string;
  readonly path: string;
  /** What a killed run leaves behind: `mosquitto`. */
  readonly what: string;
  readonly lease: TargetOrder["lease"];
  readonly logKinds: readonly LogKind[];
  /** Looks that it must pass before it is ready, one for each listener. */
  readonly looks: readonly Look[];
  /** The words that it is started with; what is written lasts until it is ready. */
  readonly words: (write: Write) => readonly string[];
  /** The sign in its log that somebody was faster at a port. */
  readonly saysTaken: RegExp;
  /** How to try it by hand. */
  readonly tryIt: string;
  /** What it must be given once it answers, after each start. */
  readonly prepare?: () => Promise<void>;
}

/** A port was taken between being found free and being used. */
export class PortClash extends Error {}

/** What a program of this machine can undergo. */
export const programOffers: readonly Capability[] = ["restart", "kill", "pause"];

/**
 * A process that can be started again on its ports. An end that nobody asked for is noted as `exited`: a server that
 * crashes is a finding, and no mistake of the lab.
 */
export class LocalProgram implements AsyncDisposable {
  readonly #bench: Bench;
  readonly #plan: ProgramPlan;
  readonly #log: LogTail;
  #child: Child | undefined;
  #starts = 0;
  /** Restarts, pauses and the final stop happen one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(bench: Bench, plan: ProgramPlan) {
    this.#bench = bench;
    this.#plan = plan;
    this.#log = new LogTail(bench, plan.logKinds);
  }

  /** How often it was started; what it counts itself begins at nothing with each. */
  get starts(): number {
    return this.#starts;
  }

  /** Lines of its log so far whose kind is this, over all starts. */
  logged(kind: string): number {
    return this.#log.count(kind);
  }

  /** Resolves when it answers everywhere. Throws PortClash, or E_TARGET_START with the last lines of its log. */
  async start(): Promise<void> {
    const { path, what, lease, words, prepare } = this.#plan;
    await withSecretFiles(async (write) => {
      const child = await spawnChild(path, words(write), this.#bench.clock, (text) => this.#log.add(text));
      lease({ pid: child.pid, what });
      this.#starts += 1;
      this.#child = child;
      await this.#ready(child);
      void this.#watch(child);
    });
    await prepare?.();
  }

  /** Ends it, waits, and starts it again. Resolves when it answers; throws E_TARGET_START when it does not come back. */
  restart(downForMs: number): Promise<void> {
    return this.#again(downForMs, () => this.#stop());
  }

  /** As {@link restart}, but ends it as a crash does. */
  kill(downForMs: number): Promise<void> {
    return this.#again(downForMs, () => this.#end((child) => child.kill()));
  }

  /** Freezes the process that runs now until disposed, or until it is ended. */
  async pause(): Promise<AsyncDisposable> {
    const frozen = new AsyncDisposableStack();
    await this.#inTurn(async () => {
      if (this.#child) frozen.use(this.#child.pause());
    });
    return frozen;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#inTurn(() => this.#stop());
  }

  #again(downForMs: number, end: () => Promise<void>): Promise<void> {
    const { clock, signal } = this.#bench;
    return this.#inTurn(async () => {
      await end();
      await clock.sleep(downForMs, signal);
      await this.start();
    });
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => {});
    return turn;
  }

  #stop(): Promise<void> {
    return this.#end((child) => child.stop(stopWithinMs));
  }

  async #end(how: (child: Child) => Promise<void>): Promise<void> {
    if (this.#child) await how(this.#child);
    this.#child = undefined;
    this.#log.flush();
  }

  async #ready(child: Child): Promise<void> {
    const { signal } = this.#bench;
    const gone = new AbortController();
    void child.exited.then(() => gone.abort());
    const why = await this.#whyNotUp(gone.signal);
    const last = this.#log.lines.slice(-5).join("\n");
    // An answer may come from whoever took a port, and a server may go on without the listener that it could not have.
    const isTaken = this.#plan.saysTaken.test(last);
    if (why === undefined && !gone.signal.aborted && !isTaken) return;
    await child.stop(stopWithinMs);
    this.#child = undefined;
    signal.throwIfAborted();
    if (isTaken) throw new PortClash(last);
    const { target, path, tryIt } = this.#plan;
    throw new LabError(
      "E_TARGET_START",
      `${target}: ${path} did not come up${why ? ` (${why.message})` : ""}; its last words:\n${last || "(none)"}`,
      `Try the program by hand: ${tryIt}.`,
      { cause: why },
    );
  }

  /** Resolves when it answers everywhere, with nothing; or when it has ended or time is up, with the last reason. */
  async #whyNotUp(gone: AbortSignal): Promise<Error | undefined> {
    const { clock, signal } = this.#bench;
    const untilMs = clock.nowMs() + readyWithinMs;
    const silent = [...this.#plan.looks];
    let why: Error | undefined = new Error("nobody looked");
    for (let next = silent[0]; next && clock.nowMs() < untilMs && !gone.aborted && !signal.aborted; next = silent[0]) {
      why = await next(1_000);
      if (why === undefined) silent.shift();
      else await clock.sleep(lookEveryMs, gone);
    }
    return why;
  }

  async #watch(child: Child): Promise<void> {
    const { code, signal } = await child.exited;
    if (child.isStopping) return;
    this.#log.flush();
    this.#bench.observe.note("exited", { code, signal, last: this.#log.lines.slice(-3) });
  }
}

/** What can be done to these programs, to all of them at once. */
export function programCapabilities(programs: readonly LocalProgram[]): Capabilities {
  const all = async (work: (program: LocalProgram) => Promise<void>) => void (await Promise.all(programs.map(work)));
  return {
    restart: (downForMs) => all((program) => program.restart(downForMs)),
    kill: (downForMs) => all((program) => program.kill(downForMs)),
    async pause() {
      const frozen = new AsyncDisposableStack();
      for (const program of programs) frozen.use(await program.pause());
      return frozen;
    },
  };
}
