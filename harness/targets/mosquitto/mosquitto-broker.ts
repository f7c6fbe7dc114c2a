import { userInfo } from "node:os";
import type { Bench, LabAddress } from "#contract/bench.ts";
import { LabError } from "#contract/errors.ts";
import type { TargetOrder } from "#contract/target.ts";
import { whyNoAnswer } from "../reach/why-no-answer.ts";
import { type Child, spawnChild } from "./child.ts";
import { configurationOf } from "./configuration.ts";
import { LogTail } from "./log-tail.ts";
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
}

/** The port was taken between being found free and being used. */
export class PortClash extends Error {}

/**
 * A Mosquitto process that can be started again on its port. An end that nobody asked for is noted as `exited`: a broker
 * that crashes is a finding, and no mistake of the lab.
 */
export class MosquittoBroker implements AsyncDisposable {
  readonly #bench: Bench;
  readonly #plan: BrokerPlan;
  readonly #log: LogTail;
  #child: Child | undefined;
  /** Restarts and the final stop happen one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(bench: Bench, plan: BrokerPlan) {
    this.#bench = bench;
    this.#plan = plan;
    this.#log = new LogTail(bench);
  }

  /** Resolves when it answers a CONNECT. Throws PortClash, or E_TARGET_START with the last lines of its log. */
  async start(): Promise<void> {
    const { program, order, passwords, accessRules, at } = this.#plan;
    await withSecretFiles(async (write) => {
      const configuration = configurationOf({
        posture: order.posture,
        port: at.port,
        devices: order.devices,
        passwords: write("passwords", passwords),
        accessRules: write("access-rules", accessRules),
        user: userInfo().username,
      });
      const path = write("mosquitto.conf", configuration);
      const child = await spawnChild(program.path, ["-c", path], this.#bench.clock, (text) => this.#log.add(text));
      order.lease({ pid: child.pid, what: "mosquitto" });
      this.#child = child;
      await this.#ready(child);
      void this.#watch(child);
    });
  }

  /** Ends it, waits, and starts it again. Resolves when it answers; throws E_TARGET_START when it does not come back. */
  restart(downForMs: number): Promise<void> {
    const { clock, signal } = this.#bench;
    return this.#inTurn(async () => {
      await this.#stop();
      await clock.sleep(downForMs, signal);
      await this.start();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#inTurn(() => this.#stop());
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #stop(): Promise<void> {
    await this.#child?.stop(stopWithinMs);
    this.#child = undefined;
    this.#log.flush();
  }

  async #ready(child: Child): Promise<void> {
    const { clock, signal } = this.#bench;
    const gone = new AbortController();
    void child.exited.then(() => gone.abort());
    const untilMs = clock.nowMs() + readyWithinMs;
    let why: Error | undefined;
    while (clock.nowMs() < untilMs && !gone.signal.aborted && !signal.aborted) {
      why = await whyNoAnswer(this.#bench, this.#plan.at, 1_000);
      // An answer may come from whoever took the port; then our child has ended or is about to.
      if (why === undefined && !gone.signal.aborted) return;
      await clock.sleep(lookEveryMs, gone.signal);
    }
    await child.stop(stopWithinMs);
    this.#child = undefined;
    signal.throwIfAborted();
    const last = this.#log.lines.slice(-5).join("\n");
    if (/address already in use/i.test(last)) throw new PortClash(last);
    throw new LabError(
      "E_TARGET_START",
      `local:mosquitto: ${this.#plan.program.path} did not come up${why ? ` (${why.message})` : ""}; its last words:\n${last || "(none)"}`,
      "Try the program by hand: mosquitto -v -p 1884.",
      { cause: why },
    );
  }

  async #watch(child: Child): Promise<void> {
    const { code, signal } = await child.exited;
    if (child.isStopping) return;
    this.#log.flush();
    this.#bench.observe.note("exited", { code, signal, last: this.#log.lines.slice(-3) });
  }
}
