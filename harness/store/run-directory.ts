import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { LabError } from "#contract/errors.ts";
import type { Observation } from "#contract/observation.ts";
import type { RunHeader } from "#contract/record.ts";
import { AppendFile } from "./append-file.ts";
import { Evidence } from "./evidence.ts";

/** `runs/<id>/` while the run is on: the header, the growing history and the growing captures. */
export class RunDirectory implements Disposable {
  readonly path: string;
  readonly evidence: Evidence;
  readonly #history: AppendFile;

  private constructor(path: string, history: AppendFile, evidence: Evidence) {
    this.path = path;
    this.#history = history;
    this.evidence = evidence;
  }

  /**
   * Makes the directory and writes a header that says `running`.
   * @param onFailure told once where something cannot be written later.
   */
  static create(
    out: string,
    header: RunHeader,
    nowUs: () => bigint,
    onFailure: (error: LabError) => void,
  ): RunDirectory {
    const path = join(out, header.id);
    try {
      mkdirSync(path, { recursive: true });
      writeWhole(join(path, "run.json"), json(header));
      return new RunDirectory(
        path,
        new AppendFile(join(path, "history.jsonl"), onFailure),
        new Evidence(path, nowUs, onFailure),
      );
    } catch (cause) {
      throw cannotWrite(path, cause);
    }
  }

  journal(observation: Observation): void {
    this.#history.append(Buffer.from(`${JSON.stringify(observation)}\n`));
  }

  /** Replaces the header; a reader sees the old one or the new one, never half of one. */
  writeHeader(header: RunHeader): void {
    try {
      writeWhole(join(this.path, "run.json"), json(header));
    } catch (cause) {
      throw cannotWrite(this.path, cause);
    }
  }

  [Symbol.dispose](): void {
    this.#history[Symbol.dispose]();
    this.evidence[Symbol.dispose]();
  }
}

/** Writes a file so that it is there whole or not at all. */
export function writeWhole(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}.draft`;
  writeFileSync(draft, content, { flush: true });
  renameSync(draft, path);
}

/** The error for a place that cannot be written. */
export function cannotWrite(path: string, cause: unknown): LabError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new LabError(
    "E_STORE",
    `${path} cannot be written: ${why}`,
    "Choose a folder that you may write to with --out.",
    {
      cause,
    },
  );
}

function json(header: RunHeader): string {
  return `${JSON.stringify(header, null, 2)}\n`;
}
