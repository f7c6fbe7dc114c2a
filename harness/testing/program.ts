import { spawn } from "node:child_process";
import { once } from "node:events";

/** How the program ended, and all that it said. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Starts the program as Node 24 runs it, so that a signal reaches the process that does the work. */
export function startProgram(args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, ["harness/cli/main.ts", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...environment },
  });
  const said = { out: "", err: "" };
  child.stdout.on("data", (data) => (said.out += String(data)));
  child.stderr.on("data", (data) => (said.err += String(data)));
  const ended: Promise<Ended> = once(child, "close").then(([code]) => ({ code, ...said }));
  return { child, said, ended };
}
