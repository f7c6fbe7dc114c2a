import { tmpdir } from "node:os";
import { join } from "node:path";
import { LabError } from "#contract/errors.ts";
import { checkBaseTools, makeBase } from "./base-image.ts";
import { assembleContext } from "./build-context.ts";
import { type BuildOrder, type BuildStep, baseOf, inputsLabel, inputsOf, planBuild } from "./build-plan.ts";
import { docker, tryDocker } from "./docker.ts";
import { imagesNamed } from "./find-images.ts";
import { folderDigest } from "./folder-digest.ts";
import { inWords } from "./in-words.ts";
import { type LabImage, versionOf } from "./lab-image.ts";
import { fetchJars, mavenContext } from "./maven-context.ts";
import { type PresentImage, presentImage, presentImages } from "./present-images.ts";
import { ScratchFolder } from "./scratch-folder.ts";
import type { Workshop } from "./workshop.ts";

/** What became of one image. */
export interface Built {
  readonly name: string;
  readonly reference: string;
  readonly state: "built" | "skipped";
  readonly because?: string;
  readonly tookMs: number;
  readonly id: string;
  readonly bytes: number;
}

/**
 * Builds images, those that stand on others last. All that can be known beforehand (names, tools, what is there) is
 * checked before the first is built; one that fails ends the build, and those before it stay.
 */
export async function buildImages(
  workshop: Workshop,
  images: readonly LabImage[],
  order: BuildOrder,
): Promise<readonly Built[]> {
  const named = imagesNamed(images, order.names);
  const base = baseOf(order);
  const present = new Map(await presentImages(workshop, images));
  if (base !== undefined && !present.has(base)) {
    const there = await presentImage(workshop, base);
    if (there !== undefined) present.set(base, there);
  }
  using scratch = new ScratchFolder(tmpdir());
  // The plan without contents tells early whether names, suites and tools are right.
  if (planBuild(order, images, named, present, new Map()).some(({ does }) => does === "bootstrap")) {
    checkBaseTools(workshop);
  }
  const contexts = new Map<string, string>();
  const inputs = new Map<string, string>();
  const leftOut = new Set<LabImage>();
  for (const image of named) {
    let folder: string | undefined;
    try {
      folder = await contextOf(workshop, image, scratch.path);
    } catch (cause) {
      // Who asks for all gets all that this machine can build; who names one learns why it cannot.
      if (order.names.length > 0 || !(cause instanceof LabError) || cause.code !== "E_PROGRAM_MISSING") throw cause;
      workshop.say(`${image.reference}: left out, ${cause.message}\n  ${cause.hint}`);
      leftOut.add(image);
    }
    if (folder === undefined) continue;
    contexts.set(image.name, folder);
    inputs.set(image.name, await folderDigest(folder));
  }
  const wanted = named.filter((image) => !leftOut.has(image));
  const done: Built[] = [];
  for (const step of planBuild(order, images, wanted, present, inputs)) {
    try {
      done.push(await carryOut(workshop, step, { present, contexts, inputs }));
    } catch (cause) {
      if (order.names.length > 0 || !isLeftOut(step, cause)) throw cause;
      workshop.say(`${step.image.reference}: left out, ${cause.message}\n  ${cause.hint}`);
    }
  }
  return done;
}

/** Debian's packages do not need Maven's files, so that these cannot be had is no reason to end the build of all. */
function isLeftOut({ image }: BuildStep, cause: unknown): cause is LabError {
  return image.source.kind === "maven" && cause instanceof LabError && cause.code === "E_IMAGE";
}

/** The folder that an image is built from; undefined where there is none. */
async function contextOf(workshop: Workshop, { name, source }: LabImage, scratch: string): Promise<string | undefined> {
  switch (source.kind) {
    case "folder":
      return source.folder;
    case "maven":
      return mavenContext(workshop, source.folder, join(scratch, name));
    case "seatrial": {
      workshop.live(`putting together what ${name} is built from`);
      const folder = join(scratch, name);
      await assembleContext(workshop, source.folder, folder);
      return folder;
    }
    case "base":
    case "registry":
      return undefined;
  }
}

interface Materials {
  readonly present: Map<string, PresentImage>;
  readonly contexts: ReadonlyMap<string, string>;
  readonly inputs: ReadonlyMap<string, string>;
}

async function carryOut(workshop: Workshop, step: BuildStep, { present, contexts, inputs }: Materials): Promise<Built> {
  const { image } = step;
  const { name, reference } = image;
  const began = workshop.nowMs();
  if (step.does === "skip") {
    const there = present.get(reference);
    workshop.say(`${reference}: ${step.because}`);
    const { id = "", bytes = 0 } = there ?? {};
    return { name, reference, state: "skipped", because: step.because, tookMs: 0, id, bytes };
  }
  const labels = labelsOf(image);
  if (step.does === "bootstrap") {
    workshop.say(`${reference}: building from Debian's packages (a few minutes)`);
    const suite = image.source.kind === "base" ? image.source.suite : "";
    await makeBase(workshop, { reference, suite, labels: labels.map(quoted) });
  } else {
    const { base } = step;
    workshop.say(`${reference}: building on ${base ?? "its own base image"}`);
    if (image.source.kind === "maven") await fetchJars(workshop, contexts.get(name) ?? "");
    const made = inputsOf(inputs.get(name) ?? "", base, base && present.get(base)?.id);
    const words = [
      ...[...labels, `${inputsLabel}=${made}`].flatMap((label) => ["--label", label]),
      ...(base === undefined ? [] : ["--build-arg", `BASE_IMAGE=${base}`]),
      "--tag",
      reference,
      "--force-rm",
      // Packages may be newer by now than when the step that installs them ran.
      ...(step.anew ? ["--no-cache"] : []),
    ];
    await docker(workshop, ["build", ...words, contexts.get(name) ?? ""], `${reference} cannot be built`, {
      onLine: (line) => workshop.live(`${name}: ${line.slice(0, 100)}`),
    });
  }
  const there = await presentImage(workshop, reference);
  if (there === undefined) throw new Error(`${reference} was built and is not there`);
  await removeRemains(workshop, name, present.get(reference)?.id, there.id);
  present.set(reference, there);
  const tookMs = workshop.nowMs() - began;
  workshop.say(`${reference}: built in ${inWords.seconds(tookMs)}, ${inWords.bytes(there.bytes)}`);
  return { name, reference, state: "built", tookMs, id: there.id, bytes: there.bytes };
}

/**
 * Removes what a build leaves behind without BuildKit: the stage that the parts came from, several times the size of the
 * image, and the image that was replaced. What somebody still uses or tagged otherwise stays.
 */
async function removeRemains(workshop: Workshop, name: string, before: string | undefined, now: string): Promise<void> {
  const untagged = async (label: string) => {
    const filter = ["--filter", "dangling=true", "--filter", `label=${label}`];
    const { output } = await tryDocker(workshop, ["images", "--quiet", "--no-trunc", ...filter]);
    return output.split("\n").filter((id) => id !== "");
  };
  const replaced = (await untagged("seatrial.image=1")).filter((id) => id === before && id !== now);
  for (const id of [...(await untagged(`seatrial.part=${name}`)), ...replaced]) await tryDocker(workshop, ["rmi", id]);
}

/** `name=value` labels: what it is, of which version, and that seatrial made it. */
function labelsOf({ title, reference }: LabImage): readonly string[] {
  return [
    `org.opencontainers.image.title=${title}`,
    `org.opencontainers.image.version=${versionOf(reference)}`,
    "seatrial.image=1",
  ];
}

/** As a Dockerfile's LABEL reads it. */
function quoted(label: string): string {
  const at = label.indexOf("=");
  return `${label.slice(0, at)}=${JSON.stringify(label.slice(at + 1))}`;
}
