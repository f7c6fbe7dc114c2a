import { dirname } from "node:path";
import type { Clock } from "#contract/bench.ts";
import type { LoadSeat } from "#contract/load.ts";
import { scriptPath } from "./command.ts";
import { containerCommand } from "./container-command.ts";
import type { DockerClient } from "./docker-client.ts";
import type { K6Program } from "./find-k6.ts";
import type { K6Image } from "./find-k6-image.ts";
import { type K6Child, spawnK6 } from "./k6-child.ts";
import { ownerLabels } from "./owner-labels.ts";

/** What k6 is told and given. */
export interface K6Launch {
  readonly script: string;
  readonly parameters: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Folders that it reads and writes, by full path. */
  readonly folders: readonly string[];
  readonly clients: number;
  readonly runId: string;
  /** Tells this load from all others of the run, in letters and digits. */
  readonly mark: string;
  readonly lease: LoadSeat["lease"];
  readonly clock: Clock;
  /** Hears its standard output. */
  readonly onLine: (line: string) => void;
}

const what = "k6";
const looksForProcessEveryMs = 250;

/** Starts a k6 of this machine, or one in a container, and leaves word of it for the case that this process is killed. */
export function launchK6(k6: K6Program | K6Image, launch: K6Launch): Promise<K6Child> {
  return "image" in k6 ? inContainer(k6, launch) : onMachine(k6, launch);
}

async function onMachine(k6: K6Program, launch: K6Launch): Promise<K6Child> {
  const child = await spawnK6({ ...launch, path: k6.path });
  if (child.pid !== undefined) launch.lease({ pid: child.pid, what });
  return child;
}

async function inContainer({ image, docker }: K6Image, launch: K6Launch): Promise<K6Child> {
  const { runId, mark, clients, environment, folders, parameters, clock } = launch;
  const name = `seatrial-k6-${runId.replaceAll(/[^\w.-]/g, "-")}-${mark}`;
  const order = {
    image,
    name,
    labels: ownerLabels(runId),
    user: { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
    clients,
    reads: [dirname(scriptPath(launch.script))],
    writes: folders,
    environment,
  };
  launch.lease({ containersOf: runId, what });
  const child = await spawnK6({
    path: docker.path,
    parameters: containerCommand(order, parameters),
    environment: docker.environment,
    clock,
    onLine: launch.onLine,
    // Killing the client that waits for it would leave the container at work.
    remove: () => removed(docker, name),
  });
  let pid: number | undefined;
  void mainProcess(docker, name, clock, child.ended).then((found) => (pid = found));
  return {
    stderr: child.stderr,
    ended: child.ended,
    get pid() {
      return pid;
    },
    get exit() {
      return child.exit;
    },
    end: (graceMs) => child.end(graceMs),
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}

/** Resolves when it is gone, or Docker does not answer; then it is left to the next start. */
async function removed(docker: DockerClient, name: string): Promise<void> {
  try {
    await docker.ask(["rm", "--force", "--volumes", name]);
  } catch {
    // It is gone already, or Docker is just removing it.
  }
}

/** Process id of k6 as this machine sees it; undefined where it ended first. */
async function mainProcess(
  docker: DockerClient,
  name: string,
  clock: Clock,
  ended: AbortSignal,
): Promise<number | undefined> {
  while (!ended.aborted) {
    const said = await docker.ask(["inspect", "--format", "{{.State.Pid}}", name]).catch(() => "0");
    if (Number(said) > 0) return Number(said);
    await clock.sleep(looksForProcessEveryMs, ended);
  }
  return undefined;
}
