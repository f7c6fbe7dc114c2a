import { hostname } from "node:os";
import type { Environment } from "#contract/target.ts";
import { k6Version } from "../k6-home.mjs";
import { confinement } from "./container-command.ts";
import { type DockerClient, dockerClient } from "./docker-client.ts";

/** An image whose k6 answered when it was asked for its version. */
export interface K6Image {
  /** `grafana/k6:1.8.1` */
  readonly image: string;
  /** `1.8.1` */
  readonly version: string;
  readonly docker: DockerClient;
}

/** Images that hold a k6, the best first. One without a tag stands for its newest that is here. */
export const imagesWithK6: readonly string[] = [`grafana/k6:${k6Version}`, "seatrial/seatrial"];

/**
 * The first image with a k6 of version 1 or later that this machine's Docker has; nothing is ever pulled. Undefined where
 * there is none, and where a container would not share this machine's loopback and files: on other systems than Linux, and
 * with a Docker that is elsewhere, in a virtual machine, or runs without root.
 */
export async function findK6Image(
  environment: Environment,
  candidates: readonly string[] = imagesWithK6,
): Promise<K6Image | undefined> {
  if (process.platform !== "linux") return undefined;
  const docker = dockerClient(environment);
  if (docker === undefined || !(await sharesThisMachine(docker))) return undefined;
  for (const candidate of candidates) {
    const image = await presentTag(docker, candidate);
    const version = image === undefined ? undefined : await versionIn(docker, image);
    if (image !== undefined && version !== undefined) return { image, version, docker };
  }
  return undefined;
}

async function sharesThisMachine(docker: DockerClient): Promise<boolean> {
  const said = await orNothing(docker.ask(["info", "--format", "{{.Name}} {{json .SecurityOptions}}"]));
  return said?.split(" ")[0] === hostname() && !said.includes("rootless");
}

async function presentTag(docker: DockerClient, candidate: string): Promise<string | undefined> {
  // Docker lists the newest first.
  const listed = await orNothing(docker.ask(["image", "ls", "--format", "{{.Repository}}:{{.Tag}}", candidate]));
  return listed?.split("\n").find((tag) => tag !== "" && !tag.endsWith(":<none>"));
}

/** Undefined where it holds no k6, or one from before version 1, which read no TypeScript of itself. */
async function versionIn(docker: DockerClient, image: string): Promise<string | undefined> {
  const parameters = ["run", ...confinement, "--network", "none", "--entrypoint", "k6", image, "version"];
  const version = /^k6 v(\d+\.\d+\.\d+)/.exec((await orNothing(docker.ask(parameters))) ?? "")?.[1];
  return version === undefined || version.startsWith("0.") ? undefined : version;
}

async function orNothing(answer: Promise<string>): Promise<string | undefined> {
  try {
    return await answer;
  } catch {
    return undefined;
  }
}
