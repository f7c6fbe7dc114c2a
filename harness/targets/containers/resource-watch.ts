import type { Container } from "dockerode";
import type { Bench } from "#contract/bench.ts";
import type { Executed } from "./container-recipe.ts";
import { type DockerLines, jsonLines } from "./docker-stream.ts";
import { countOpenFiles, openFilesFromHost } from "./open-files.ts";
import { type ResourceSample, sampleOf, useBetween } from "./resource-use.ts";

/** A program inside costs the target more than a look from the host, so it is run once in so many seconds. */
const insideEvery = 10;

/** Notes about once a second what a container uses, as `resources`, from {@link begin} to {@link quiet}. */
export class ResourceWatch {
  readonly #bench: Pick<Bench, "observe">;
  readonly #container: Container;
  readonly #exec: (command: readonly string[]) => Promise<Executed>;
  #lines: DockerLines | undefined;
  #before: ResourceSample | undefined;
  #seconds = 0;

  constructor(
    bench: Pick<Bench, "observe">,
    container: Container,
    exec: (command: readonly string[]) => Promise<Executed>,
  ) {
    this.#bench = bench;
    this.#container = container;
    this.#exec = exec;
  }

  /** @param pid of its first process, as the host of Docker counts. */
  async begin(pid: number): Promise<void> {
    this.quiet();
    const stream = await this.#container.stats({ stream: true });
    const lines: DockerLines = jsonLines(stream, (document) => {
      const now = sampleOf(document);
      if (now !== undefined && lines === this.#lines) void this.#note(now, pid);
    });
    this.#lines = lines;
  }

  /** A frozen or stopped container uses nothing, which says nothing about the target. */
  quiet(): void {
    this.#lines?.stop();
    this.#lines = undefined;
    this.#before = undefined;
  }

  async #note(now: ResourceSample, pid: number): Promise<void> {
    const lines = this.#lines;
    const before = this.#before;
    this.#before = now;
    const use = before === undefined ? undefined : useBetween(before, now);
    if (use === undefined) return;
    const openFiles = await this.#openFiles(pid);
    // It may have been stopped while they were counted.
    if (lines === this.#lines) this.#bench.observe.note("resources", { ...use, ...openFiles });
  }

  async #openFiles(pid: number): Promise<{ readonly openFiles?: number }> {
    const seen = await openFilesFromHost(pid, this.#container.id);
    if (seen !== undefined) return { openFiles: seen };
    this.#seconds += 1;
    if (this.#seconds % insideEvery !== 1) return {};
    try {
      const { exitCode, output } = await this.#exec(countOpenFiles);
      return exitCode === 0 ? { openFiles: Number(output.trim()) } : {};
    } catch {
      // It may have ended meanwhile, or have no shell.
      return {};
    }
  }
}
