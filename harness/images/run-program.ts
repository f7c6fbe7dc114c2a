import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** How a program ended, and the end of what it said. */
export interface Ended {
  /** Null where it was ended by a signal. */
  readonly code: number | null;
  /** Standard output, unless it was streamed elsewhere. */
  readonly output: string;
  /** The last 20,000 characters of standard error. */
  readonly errors: string;
}

export interface ProgramOptions {
  readonly signal: AbortSignal;
  readonly environment: NodeJS.ProcessEnv;
  /** What the program reads. */
  readonly input?: Readable;
  /** Where its standard output streams to, with back pressure. */
  readonly output?: Writable;
  /** Hears each line of both outputs as it comes. */
  readonly onLine?: (line: string) => void;
  /** How it is ended when the signal aborts; SIGTERM unless told otherwise. */
  readonly endBy?: NodeJS.Signals;
}

/**
 * Runs a program without a shell, to its end. Rejects with the system's error where it cannot be started (ENOENT where
 * it is not installed), with that of a stream that broke, and with the signal's reason where that aborted; then the
 * program has ended too.
 */
export async function runProgram(path: string, words: readonly string[], options: ProgramOptions): Promise<Ended> {
  const { signal, environment, input, output, onLine, endBy = "SIGTERM" } = options;
  signal.throwIfAborted();
  const child = spawn(path, words, { env: environment, stdio: ["pipe", "pipe", "pipe"] });
  const closed = once(child, "close");
  const end = () => void child.kill(endBy);
  signal.addEventListener("abort", end);
  try {
    const errors = tail(child.stderr, onLine);
    const said = output === undefined ? tail(child.stdout, onLine, 1 << 24) : () => "";
    const streams = [
      ...(output === undefined ? [] : [pipeline(child.stdout, output)]),
      // A program that ends before it has read everything says why by its exit code.
      ...(input === undefined ? [] : [pipeline(input, child.stdin).catch(unlessReaderLeft)]),
    ];
    if (input === undefined) child.stdin.end();
    const streamed = Promise.all(streams).catch((cause: unknown) => {
      end();
      throw cause;
    });
    const [ended, flowed] = await Promise.allSettled([closed, streamed]);
    signal.throwIfAborted();
    if (ended.status === "rejected") throw ended.reason;
    if (flowed.status === "rejected") throw flowed.reason;
    return { code: child.exitCode, output: said(), errors: errors() };
  } finally {
    signal.removeEventListener("abort", end);
  }
}

function unlessReaderLeft(cause: unknown): void {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code !== "EPIPE" && code !== "ERR_STREAM_PREMATURE_CLOSE") throw cause;
}

/** Keeps the end of what a stream says, and hands on its lines. */
function tail(stream: Readable, onLine?: (line: string) => void, most = 20_000): () => string {
  let kept = "";
  let begun = "";
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => {
    kept = (kept + text).slice(-most);
    if (onLine === undefined) return;
    const lines = (begun + text).split(/\r?\n|\r/);
    begun = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  });
  return () => kept;
}
