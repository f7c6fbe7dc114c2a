import { PassThrough } from "node:stream";
import type { Container } from "dockerode";
import type { Bench } from "#contract/bench.ts";
import { type LogKind, LogTail } from "../log/log-tail.ts";
import type { Dockerode } from "./connect-docker.ts";
import { type DockerLines, endingOf } from "./docker-stream.ts";

/** Mistakes are counted for every system. */
const errorKind: LogKind = ["error", /\berror\b/i];
/** Enough to find the line by which a system says that it is ready. */
const keptSinceStart = 65_536;

/** Follows what a container writes, over all of its starts. */
export class ContainerLog {
  readonly tail: LogTail;
  readonly #readyLog: RegExp | undefined;
  #sinceStart = "";
  #lines: DockerLines | undefined;

  /** @param readyLog the line by which it says that it is ready. */
  constructor(bench: Pick<Bench, "clock" | "observe">, kinds: readonly LogKind[], readyLog: RegExp | undefined) {
    this.tail = new LogTail(bench, [...kinds, errorKind]);
    this.#readyLog = readyLog;
  }

  /** Whether it has said since its last start that it is ready; always so for one that has no such line. */
  get saysReady(): boolean {
    return this.#readyLog?.test(this.#sinceStart) ?? true;
  }

  /** Resolves when it hears; to be called before each start, so that no line is missed. */
  async listen(dockerode: Dockerode, container: Container): Promise<void> {
    this.#lines?.stop();
    this.#sinceStart = "";
    const stream = await container.attach({ stream: true, stdout: true, stderr: true });
    const [out, err] = [this.#reader(), this.#reader()];
    // oxlint-disable-next-line typescript/no-unsafe-member-access, typescript/no-unsafe-call -- dockerode has no type for its modem
    dockerode.modem.demuxStream(stream, out, err);
    this.#lines = endingOf(stream);
  }

  /** Resolves when all that it wrote before it ended has been heard. */
  get ended(): Promise<void> {
    return this.#lines?.ended ?? Promise.resolve();
  }

  close(): void {
    this.#lines?.stop();
    this.tail.flush();
  }

  #reader(): PassThrough {
    const reader = new PassThrough({ encoding: "utf8" });
    reader.on("data", (text: string) => {
      this.tail.add(text);
      if (this.#sinceStart.length < keptSinceStart) this.#sinceStart += text;
    });
    return reader;
  }
}
