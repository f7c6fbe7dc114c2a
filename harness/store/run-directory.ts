import { existsSync, mkdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { LabError } from "#contract/errors.ts";
import type { Observation } from "#contract/observation.ts";
import type { RunHeader } from "#contract/record.ts";
import { AppendFile } from "./append-file.ts";
import { Evidence } from "./evidence.ts";

/** `runs/<id>/` while the run is on: the header, the growing history and the growing captures. */
export class RunDirectory implements Disposable {
  readonly path: string;
  readonly evidence: Evidence;
  /** Folders that were not there before, the outermost first. */
  readonly #made: readonly string[];
  readonly #history: AppendFile;
  /** Folders of units that have kept a file. */
  readonly #folders = new Map<string, { readonly folder: string; readonly folderInRun: string }>();

  private constructor(path: string, made: readonly string[], history: AppendFile, evidence: Evidence) {
    this.path = path;
    this.#made = made;
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
      const made = makeFolders(path);
      writeWhole(join(path, "run.json"), json(header));
      return new RunDirectory(
        path,
        made,
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

  /** Makes a folder of its own for what a unit keeps; the second of the same unit is `-2`. */
  folderFor(unit: string): { readonly folder: string; readonly folderInRun: string } {
    const name = unit.replaceAll(/[^\w.-]/g, "-");
    for (let use = 1; ; use += 1) {
      const folderInRun = `evidence/${use === 1 ? name : `${name}-${use}`}`;
      const folder = resolve(this.path, folderInRun);
      if (existsSync(folder)) continue;
      try {
        mkdirSync(folder, { recursive: true });
      } catch (cause) {
        throw cannotWrite(folder, cause);
      }
      return { folder, folderInRun };
    }
  }

  /** Keeps a file in the folder of that unit, and returns its path in the run's directory. */
  keep(unit: string, name: string, content: string | Uint8Array): string {
    const known = this.#folders.get(unit) ?? this.folderFor(unit);
    this.#folders.set(unit, known);
    const [, stem = "", ending = ""] = /^(.*?)(\.[\w.]+)?$/.exec(name.replaceAll(/[^\w.-]/g, "-")) ?? [];
    for (let use = 1; ; use += 1) {
      const file = `${stem}${use === 1 ? "" : `-${use}`}${ending}`;
      const path = join(known.folder, file);
      if (existsSync(path)) continue;
      try {
        writeFileSync(path, content);
      } catch (cause) {
        throw cannotWrite(path, cause);
      }
      return `${known.folderInRun}/${file}`;
    }
  }

  /** Takes back a run that never began: nothing of it is left, nor of the folders that were made for it. */
  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
    for (const folder of this.#made.toReversed()) {
      try {
        if (existsSync(folder)) rmdirSync(folder);
      } catch {
        return; // Somebody else has put something there since.
      }
    }
  }

  [Symbol.dispose](): void {
    this.#history[Symbol.dispose]();
    this.evidence[Symbol.dispose]();
  }
}

/**
 * Makes a folder and those above it, one by one: `recursive` never ends where the system says that the folder above is
 * not there although it is, as under /proc. Returns those that were made.
 */
function makeFolders(path: string): readonly string[] {
  const missing: string[] = [];
  for (let folder = resolve(path); !existsSync(folder) && dirname(folder) !== folder; folder = dirname(folder)) {
    missing.unshift(folder);
  }
  for (const folder of missing) mkdirSync(folder);
  return missing;
}

/** Writes a file so that it is there whole or not at all. */
export function writeWhole(path: string, content: string): void {
  makeFolders(dirname(path));
  const draft = `${path}.${process.pid}.draft`;
  try {
    writeFileSync(draft, content, { flush: true });
    renameSync(draft, path);
  } catch (cause) {
    rmSync(draft, { force: true });
    throw cause;
  }
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
