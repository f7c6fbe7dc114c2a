import { execFile } from "node:child_process";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import type { Environment } from "#contract/target.ts";
import { isProgram } from "#load/k6/is-program.ts";

const run = promisify(execFile);
const usualSocket = "unix:///var/run/docker.sock";
const answersWithinMs = 10_000;

/** The docker client of this machine, and the whole environment that it is given. */
export interface DockerClient {
  readonly path: string;
  readonly environment: Readonly<Record<string, string>>;
  /** What it printed, trimmed; rejects where it fails, or says nothing for ten seconds. */
  ask(parameters: readonly string[]): Promise<string>;
}

/**
 * The client on the `PATH`, for a Docker that listens on a socket of this machine; undefined where there is no such client
 * and where `DOCKER_HOST` names another machine. Whether anything answers at the socket is not asked.
 */
export function dockerClient(environment: Environment): DockerClient | undefined {
  const named = environment["DOCKER_HOST"] ?? "";
  if (named !== "" && !named.startsWith("unix://")) return undefined;
  const path = (environment["PATH"] ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, "docker"))
    .find(isProgram);
  if (path === undefined) return undefined;
  // The socket by name goes before any context that the user chose, and a HOME without a configuration keeps the user's
  // proxies out of the container.
  const own = {
    PATH: environment["PATH"] ?? "",
    HOME: "/nonexistent",
    DOCKER_HOST: named === "" ? usualSocket : named,
  };
  const ask = async (parameters: readonly string[]) => {
    const { stdout } = await run(path, parameters, { timeout: answersWithinMs, killSignal: "SIGKILL", env: own });
    return stdout.trim();
  };
  return { path, environment: own, ask };
}
