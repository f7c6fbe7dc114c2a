import { ImageName } from "testcontainers";
import type { Bench } from "#contract/bench.ts";
import { LabError } from "#contract/errors.ts";
import type { Docker } from "./connect-docker.ts";
import type { ContainerRecipe } from "./container-recipe.ts";
import { statusOf, wordsOf } from "./docker-failure.ts";

/** An image that is on this machine. */
export interface LocalImage {
  readonly name: string;
  /** Of its registry where it came from one, otherwise its id: `sha256:…` either way. */
  readonly digest: string;
}

/** What kind of machine something is for. */
export interface Platform {
  /** `linux` */
  readonly system: string;
  /** As Go spells it: `amd64`, `arm64`. */
  readonly architecture: string;
}

interface Inspected extends LocalImage {
  readonly platform: Platform;
}

/**
 * Sees that the image is here and made for this Docker; pulls it where it is not one of ours, which only a build can
 * provide. Throws E_PROGRAM_MISSING where there is none, E_TARGET_START where it is for another machine.
 */
export async function localImage(
  docker: Docker,
  { name: target }: Pick<ContainerRecipe, "name">,
  image: string,
  { observe, signal }: Pick<Bench, "observe" | "signal">,
): Promise<LocalImage> {
  const here = await inspect(docker, image);
  if (here === undefined) {
    if (image.startsWith("seatrial/")) throw notBuilt(target, image);
    observe.note("image.pulling", { image });
    await pulled(docker, target, image, signal);
  }
  const found = here ?? (await inspect(docker, image));
  if (found === undefined) throw refused(target, image, "the pull ended, and the image is still not here");
  const { Arch, Os } = await docker.dockerode.version();
  const problem = platformProblem(found.platform, { system: Os, architecture: Arch });
  if (problem !== undefined) throw otherMachine(target, image, problem);
  return { name: found.name, digest: found.digest };
}

/** Why an image cannot run there, or undefined where it can. That a machine emulates another one is not assumed. */
export function platformProblem(image: Platform, machine: Platform): string | undefined {
  if (image.system === machine.system && image.architecture === machine.architecture) return undefined;
  return `it is for ${image.system}/${image.architecture}, and this Docker runs ${machine.system}/${machine.architecture}`;
}

async function inspect({ dockerode }: Docker, image: string): Promise<Inspected | undefined> {
  try {
    const { Id, RepoDigests, Architecture, Os } = await dockerode.getImage(image).inspect();
    const digest = RepoDigests?.[0]?.split("@")[1] ?? Id;
    return { name: image, digest, platform: { system: Os, architecture: Architecture } };
  } catch (cause) {
    if (statusOf(cause) === 404) return undefined;
    throw cause;
  }
}

/** Resolves when testcontainers has pulled it, with the credentials that Docker keeps; rejects early when aborted. */
async function pulled({ client }: Docker, target: string, image: string, signal: AbortSignal): Promise<void> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.throwIfAborted();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    const pull = client.image.pull(ImageName.fromString(image)).catch((cause: unknown) => {
      throw refused(target, image, wordsOf(cause), cause);
    });
    await Promise.race([pull, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

function notBuilt(target: string, image: string): LabError {
  return new LabError(
    "E_IMAGE",
    `container:${target}: the image ${image} is not on this machine`,
    `Build it: npx seatrial images build --offline ${target}. Or name another one: --knob image=<name>:<tag>.`,
  );
}

function refused(target: string, image: string, words: string, cause?: unknown): LabError {
  return new LabError(
    "E_IMAGE",
    `container:${target}: the image ${image} is not on this machine, and could not be pulled: ${words}`,
    `Pull it where there is a network (docker pull ${image}; docker save, docker load carry it over), or name another one: --knob image=<name>:<tag>.`,
    { cause },
  );
}

function otherMachine(target: string, image: string, problem: string): LabError {
  return new LabError(
    "E_IMAGE",
    `container:${target}: the image ${image} cannot run here: ${problem}`,
    "Take the same image for this kind of machine (docker pull --platform …, or build it here), or name another one: --knob image=<name>:<tag>.",
  );
}
