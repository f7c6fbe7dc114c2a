import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Environment } from "#contract/target.ts";
import { isProgram } from "#load/k6/is-program.ts";
import { k6Home } from "#load/k6-home.mjs";

/**
 * What a machine lacks for the parts of seatrial that need more than Node, each with what brings it. It looks for files
 * only: whether Docker answers is for those to ask who use it.
 */
export function leftOut(environment: Environment): readonly string[] {
  const docker = environment["DOCKER_HOST"] ?? (existsSync("/var/run/docker.sock") ? "socket" : undefined);
  const isOnPath = (environment["PATH"] ?? "").split(delimiter).some((folder) => isProgram(join(folder, "k6")));
  const k6 = isOnPath || [environment["SEATRIAL_K6"] ?? "", k6Home(environment)].some(isProgram);
  return [
    ...(docker === undefined ? ["brokers in containers (install Docker Engine: docs/images.md)"] : []),
    ...(k6 ? [] : ["load by k6 (npm run setup:k6)"]),
  ];
}
