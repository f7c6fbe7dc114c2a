import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { LabError } from "#contract/errors.ts";

/** Longest time that something written may stay in memory only. */
const flushEveryMs = 500;
const flushAtBytes = 1 << 20;

/**
 * A file that grows at its end and reaches the disk within half a second of each write, so that a run that is killed can
 * be read up to then. The first failure (a full disk) is told to `onFailure`, once; nothing is written after it.
 */
export class AppendFile implements Disposable {
  readonly #path: string;
  readonly #descriptor: number;
  readonly #timer: NodeJS.Timeout;
  readonly #onFailure: (error: LabError) => void;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #failed = false;

  constructor(path: string, onFailure: (error: LabError) => void) {
    this.#path = path;
    this.#onFailure = onFailure;
    this.#descriptor = openSync(path, "ax");
    this.#timer = setInterval(() => this.flush(), flushEveryMs);
  }

  append(bytes: Uint8Array): void {
    if (this.#failed) return;
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes >= flushAtBytes) this.flush();
  }

  flush(): void {
    if (this.#failed || this.#waitingBytes === 0) return;
    const bytes = Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#waitingBytes = 0;
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(this.#descriptor, bytes, done);
    } catch (cause) {
      this.#failed = true;
      const message = `${this.#path} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`;
      const hint = "Free some space or choose another place with --out; what was written before is kept.";
      this.#onFailure(new LabError("E_STORE", message, hint, { cause }));
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.flush();
    if (!this.#failed) fsyncSync(this.#descriptor);
    closeSync(this.#descriptor);
  }
}
