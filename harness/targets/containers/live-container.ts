import type { Container } from "dockerode";
import { z } from "zod";
import type { Bench, LabAddress } from "#contract/bench.ts";
import { whyNoAnswer } from "../reach/why-no-answer.ts";
import type { Docker } from "./connect-docker.ts";
import { ContainerLog } from "./container-log.ts";
import type { ContainerRecipe, Executed } from "./container-recipe.ts";
import { ifStillThere } from "./docker-failure.ts";
import { type DockerLines, jsonLines } from "./docker-stream.ts";
import { ResourceWatch } from "./resource-watch.ts";
import { type ContainerEnd, endedAtOnce, isPortClash, notReady } from "./start-failure.ts";

const lookEveryMs = 50;
const stopWithinS = 10;
const portTries = 20;
/** Docker tells of an end a little after it has answered that it ended it, and the log may be read to its end after that. */
const newsWithinMs = 2_000;

const death = z.object({
  Action: z.enum(["die", "oom"]),
  Actor: z.object({ Attributes: z.object({ exitCode: z.coerce.number().optional() }) }),
});

/** One life of the container, from a start to the end that follows. */
interface Life {
  readonly ended: Promise<ContainerEnd>;
  readonly gone: AbortSignal;
  end(how: ContainerEnd): void;
}

/** What it runs, and where that listens. */
interface LiveContainerPlan {
  readonly recipe: ContainerRecipe;
  readonly image: string;
  readonly listeners: readonly LabAddress[];
  /** Gives it what it must hold, once it answers, after each start. */
  readonly prepare: () => Promise<void>;
}

/**
 * A container that may be stopped, killed and started again on its ports. An end that nobody asked for is noted as
 * `exited`: a broker that crashes is a finding, and no mistake of the lab.
 */
export class LiveContainer implements AsyncDisposable {
  readonly container: Container;
  readonly log: ContainerLog;
  readonly resources: ResourceWatch;
  readonly bench: Bench;
  readonly #docker: Docker;
  readonly #recipe: ContainerRecipe;
  readonly #image: string;
  readonly #listeners: readonly LabAddress[];
  readonly #prepare: () => Promise<void>;
  #starts = 1;
  #life = newLife();
  #isUp = false;
  #isDisposed = false;
  #ranOutOfMemory = false;
  #events: DockerLines | undefined;
  /** What changes it happens one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(bench: Bench, docker: Docker, id: string, { recipe, image, listeners, prepare }: LiveContainerPlan) {
    this.bench = bench;
    this.#listeners = listeners;
    this.#prepare = prepare;
    this.#docker = docker;
    this.#recipe = recipe;
    this.#image = image;
    this.container = docker.dockerode.getContainer(id);
    this.log = new ContainerLog(bench, recipe.logKinds, recipe.readyLog);
    this.resources = new ResourceWatch(bench, this.container, (command) => this.exec(command));
  }

  get isDisposed(): boolean {
    return this.#isDisposed;
  }

  /** How often it was started. */
  get starts(): number {
    return this.#starts;
  }

  /** Resolves when it has ended, in its present life. */
  get ended(): Promise<ContainerEnd> {
    return this.#life.ended;
  }

  /** Listens to it; resolves when its first start would not be missed. */
  async watch(): Promise<void> {
    const filters = { container: [this.container.id], event: ["die", "oom"] };
    this.#events = jsonLines(await this.#docker.dockerode.getEvents({ filters }), (document) => {
      const { data } = death.safeParse(document);
      if (data?.Action === "oom") this.#ranOutOfMemory = true;
      if (data?.Action === "die") void this.#died(data.Actor.Attributes.exitCode ?? -1);
    });
    await this.log.listen(this.#docker.dockerode, this.container);
  }

  /** Resolves when it answers for the first time. Throws E_TARGET_START with the last lines of its log. */
  async firstReady(): Promise<void> {
    const why = await this.#answers();
    if (why === undefined) return this.#up();
    const [name, lines] = [`container:${this.#recipe.name}`, this.log.tail.lines];
    if ("code" in why) throw endedAtOnce(name, this.#image, why, lines);
    throw notReady(name, this.#image, this.#recipe.readyWithinMs, why.last, lines);
  }

  /** Waits until it answers, where it runs; an answer that does not come is an error of the target, not of the lab. */
  async ready(): Promise<void> {
    if (this.#isDisposed || !(await this.isRunning())) return;
    const why = await this.#answers();
    if (why === undefined) return this.#up().catch(asFault);
    if ("code" in why) this.#noteEnd(why);
    throw new Error(`${this.#recipe.name} did not come back: ${"code" in why ? `exit code ${why.code}` : why.last}`);
  }

  async isRunning(): Promise<boolean> {
    const { State: state } = await this.container.inspect();
    return state.Running;
  }

  /** Whether it ended because its system had no memory left for it. */
  async wasOomKilled(): Promise<boolean> {
    const { State: state } = await this.container.inspect();
    return !state.Running && (state.OOMKilled || this.#ranOutOfMemory);
  }

  /** Ends it as one asks a service to end, and after ten seconds without asking. */
  stop(): Promise<void> {
    return this.#end(() => this.container.stop({ t: stopWithinS }));
  }

  /** Ends it as a crash does. */
  kill(): Promise<void> {
    return this.#end(() => this.container.kill({ signal: "SIGKILL" }));
  }

  /** Starts it where it does not run, on the same ports, and resolves when it answers. */
  async startAgain(): Promise<void> {
    this.bench.signal.throwIfAborted();
    if (this.#isDisposed) return;
    if (!(await this.isRunning())) {
      await this.log.listen(this.#docker.dockerode, this.container);
      this.#life = newLife();
      this.#ranOutOfMemory = false;
      await this.onItsPorts(() => this.container.start());
      this.#starts += 1;
    }
    await this.ready();
  }

  /** Somebody may hold a port for a moment while it is free; it is waited for, as no other one will do. */
  async onItsPorts(work: () => Promise<unknown>): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        await ifStillThere(work);
        return;
      } catch (cause) {
        if (!isPortClash(cause) || tries === portTries) throw cause;
        await this.bench.clock.sleep(250, this.bench.signal);
      }
    }
  }

  /** Runs what changes it after everything else that does. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => {});
    return turn;
  }

  async exec(command: readonly string[], as?: { readonly user?: string }): Promise<Executed> {
    return this.#docker.client.container.exec(this.container, [...command], { ...as });
  }

  /** Begins to note its use of resources, where it is known to work. */
  async followResources(): Promise<void> {
    const { State: state } = await this.container.inspect();
    await this.resources.begin(state.Pid);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#isUp = false;
    this.resources.quiet();
    this.#life.end({ code: 0, oomKilled: false });
    await ifStillThere(() => this.container.remove({ force: true, v: true }));
    await this.#news(this.log.ended);
    this.log.close();
    this.#events?.stop();
  }

  async #up(): Promise<void> {
    this.#isUp = true;
    await this.#prepare();
    await this.followResources();
  }

  async #end(how: () => Promise<unknown>): Promise<void> {
    this.resources.quiet();
    if (this.#isDisposed || !(await this.isRunning())) return;
    this.#isUp = false;
    // A frozen process hears no signal.
    await ifStillThere(() => this.container.unpause().catch(notPaused));
    await ifStillThere(how);
    await this.#news(this.ended);
    this.log.tail.flush();
  }

  /** Undefined when it answers everywhere, how it ended where it did, and otherwise the last reason why not. */
  async #answers(): Promise<ContainerEnd | { readonly last: Error | undefined } | undefined> {
    const { clock, signal } = this.bench;
    const { gone, ended } = this.#life;
    const over = AbortSignal.any([gone, signal]);
    const untilMs = clock.nowMs() + this.#recipe.readyWithinMs;
    const silent = [...this.#listeners];
    let last: Error | undefined;
    for (let next = silent[0]; next && clock.nowMs() < untilMs && !over.aborted; next = silent[0]) {
      last = this.log.saysReady
        ? await whyNoAnswer(this.bench, next, 1_000, this.#answerOf(next))
        : new Error("its log does not say so");
      if (last === undefined) silent.shift();
      else await clock.sleep(lookEveryMs, over);
    }
    signal.throwIfAborted();
    if (gone.aborted) return ended;
    return silent.length === 0 ? undefined : { last };
  }

  /**
   * What counts as its answer. RabbitMQ closes a WebSocket to an unknown client without CONNACK; where the main listener has
   * answered and the log says that all is up, it is not Docker's proxy that closes.
   */
  #answerOf(listener: LabAddress): "anything" | "connack" {
    const isSpokenFor = this.#recipe.readyLog !== undefined && listener !== this.#listeners[0];
    return isSpokenFor ? "anything" : "connack";
  }

  async #died(code: number): Promise<void> {
    const life = this.#life;
    this.resources.quiet();
    await this.#news(this.log.ended);
    const oomKilled = await this.wasOomKilled().catch(() => false);
    life.end({ code, oomKilled });
    if (this.#isUp) this.#noteEnd({ code, oomKilled });
    this.#isUp = false;
  }

  /** Waits for what Docker tells with some delay, but never for long. */
  async #news(coming: Promise<unknown>): Promise<void> {
    const here = new AbortController();
    void coming.then(() => here.abort());
    await this.bench.clock.sleep(newsWithinMs, here.signal);
  }

  #noteEnd({ code, oomKilled }: ContainerEnd): void {
    this.log.tail.flush();
    this.bench.observe.note("exited", { code, oomKilled, last: this.log.tail.lines.slice(-3) });
  }
}

function newLife(): Life {
  const { promise: ended, resolve } = Promise.withResolvers<ContainerEnd>();
  const gone = new AbortController();
  return {
    ended,
    gone: gone.signal,
    end(how) {
      resolve(how);
      gone.abort();
    },
  };
}

/** That it does not take what it took at first is an error of the target, not of the lab. */
function asFault(cause: unknown): never {
  throw new Error(cause instanceof Error ? cause.message : String(cause), { cause });
}

/** Docker 20 answers 500 to who unpauses what is not paused, 409 comes from later ones. */
function notPaused(cause: unknown): void {
  if (!/not paused|not running/i.test(String(cause))) throw cause;
}
