import { userInfo } from "node:os";
import type { Bench, LabAddress } from "#contract/bench.ts";
import { LabError } from "#contract/errors.ts";
import type { TargetOrder } from "#contract/target.ts";
import { LogTail } from "../log/log-tail.ts";
import { whyNoAnswer } from "../reach/why-no-answer.ts";
import { type Child, spawnChild } from "./child.ts";
import { configurationOf } from "./configuration.ts";
import { mosquittoLogKinds } from "./log-kinds.ts";
import type { MosquittoProgram } from "./program.ts";
import { withSecretFiles } from "./secret-files.ts";

const readyWithinMs = 10_000;
const lookEveryMs = 20;
const stopWithinMs = 2_000;

/** What a broker is started with, each time anew. */
export interface BrokerPlan {
  readonly program: MosquittoProgram;
  readonly order: TargetOrder;
  readonly passwords: string;
  readonly accessRules: string;
  readonly at: LabAddress;
  /** Where it speaks WebSocket; nowhere when absent. */
  readonly webSocketAt?: LabAddress;
}

/** A port was taken between being found free and being used. */
export class PortClash extends Error {}

// libwebsockets does not say why it has no listener.
const saysTaken = /address already in use|unable to create websockets listener/i;

/**
 * A Mosquitto process that can be started again on its ports. An end that nobody asked for is noted as `exited`: a broker
 * that crashes is a finding, and no mistake of the lab.
 */
export class MosquittoBroker implements AsyncDisposable {
  readonly #bench: Bench;
  readonly #plan: BrokerPlan;
  readonly #log: LogTail;
  #child: Child | undefined;
  #starts = 0;
  /** Restarts, pauses and the final stop happen one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(bench: Bench, plan: BrokerPlan) {
    this.#bench = bench;
    this.#plan = plan;
    this.#log = new LogTail(bench, mosquittoLogKinds);
  }

  /** How often it was started; what it counts itself begins at nothing with each. */
  get starts(): number {
    return this.#starts;
  }

  /** Lines of its log so far whose kind is this, over all starts. */
  logged(kind: string): number {
    return this.#log.count(kind);
  }

  /** Resolves when it answers a CONNECT. Throws PortClash, or E_TARGET_START with the last lines of its log. */
  async start(): Promise<void> {
    const { program, order, passwords, accessRules, at, webSocketAt } = this.#plan;
    await withSecretFiles(async (write) => {
      const configuration = configurationOf({
        posture: order.posture,
        bind: "127.0.0.1",
        port: at.port,
        ...(webSocketAt && { webSocketPort: webSocketAt.port }),
        devices: order.devices,
        passwords: write("passwords", passwords),
        accessRules: write("access-rules", accessRules),
        user: userInfo().username,
      });
      const path = write("mosquitto.conf", configuration);
      const child = await spawnChild(program.path, ["-c", path], this.#bench.clock, (text) => this.#log.add(text));
      order.lease({ pid: child.pid, what: "mosquitto" });
      this.#starts += 1;
      this.#child = child;
      await this.#ready(child);
      void this.#watch(child);
    });
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
    // An answer may come from whoever took a port; then our child has ended or is about to.
    if (why === undefined && !gone.signal.aborted) return;
    await child.stop(stopWithinMs);
    this.#child = undefined;
    signal.throwIfAborted();
    const last = this.#log.lines.slice(-5).join("\n");
    if (saysTaken.test(last)) throw new PortClash(last);
    throw new LabError(
      "E_TARGET_START",
      `local:mosquitto: ${this.#plan.program.path} did not come up${why ? ` (${why.message})` : ""}; its last words:\n${last || "(none)"}`,
      "Try the program by hand: mosquitto -v -p 1884.",
      { cause: why },
    );
  }

  /** Resolves when it answers everywhere, with nothing; or when it has ended or time is up, with the last reason. */
  async #whyNotUp(gone: AbortSignal): Promise<Error | undefined> {
    const { clock, signal } = this.#bench;
    const { at, webSocketAt } = this.#plan;
    const untilMs = clock.nowMs() + readyWithinMs;
    const silent = webSocketAt === undefined ? [at] : [at, webSocketAt];
    let why: Error | undefined = new Error("nobody looked");
    for (let next = silent[0]; next && clock.nowMs() < untilMs && !gone.aborted && !signal.aborted; next = silent[0]) {
      why = await whyNoAnswer(this.#bench, next, 1_000);
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
