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

/** Everything of seatrial's runs that Docker still has: containers, networks and volumes, by id. */
export function leftInDocker(): readonly string[] {
  const label = ["--filter", "label=seatrial.run"];
  const listed = [
    docker("ps", "-aq", ...label),
    docker("network", "ls", "-q", ...label),
    docker("volume", "ls", "-q", ...label),
  ];
  return listed.flatMap((text) => text.split("\n")).filter((id) => id !== "");
}
