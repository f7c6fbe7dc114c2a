import { execFileSync } from "node:child_process";

/** Runs the docker client and returns what it printed, trimmed. */
export function docker(...args: readonly string[]): string {
  return execFileSync("docker", args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
    timeout: 120_000,
  }).trim();
}

/** Whether containers can be run here. */
export function dockerRuns(): boolean {
  try {
    docker("info");
    return true;
  } catch {
    return false;
  }
}

/** Everything of these runs that Docker still has: containers, networks and volumes, by id. */
export function leftInDocker(runs: readonly string[]): readonly string[] {
  const listed = runs.flatMap((run) => {
    const label = ["--filter", `label=seatrial.run=${run}`];
    return [
      docker("ps", "-aq", ...label),
      docker("network", "ls", "-q", ...label),
      docker("volume", "ls", "-q", ...label),
    ];
  });
  return listed.flatMap((text) => text.split("\n")).filter((id) => id !== "");
}

/** Ports of this machine that lead to containers of these runs. */
export function portsInDocker(runs: readonly string[]): readonly number[] {
  const listed = runs.map((run) => docker("ps", "--filter", `label=seatrial.run=${run}`, "--format", "{{.Ports}}"));
  return listed.flatMap((text) => [...text.matchAll(/127\.0\.0\.1:(\d+)->/g)].map(([, port]) => Number(port)));
}
