import { createHash } from "node:crypto";
import { LabError } from "#contract/errors.ts";
import { baseReference, debianOf, debianSuites, type LabImage } from "./lab-image.ts";
import type { PresentImage } from "./present-images.ts";

/** What the user asked for. */
export interface BuildOrder {
  /** Names as given; none means all that can be built. */
  readonly names: readonly string[];
  readonly offline: boolean;
  /** A base image of the user's own. */
  readonly base?: string;
  readonly suite: string;
  readonly force: boolean;
}

/** One image of a build, in order. */
export type BuildStep =
  | { readonly does: "skip"; readonly image: LabImage; readonly because: string }
  | { readonly does: "bootstrap"; readonly image: LabImage }
  /** `base` goes to ARG BASE_IMAGE; without it the Dockerfile's own default holds. `anew`: no step of an earlier build counts. */
  | { readonly does: "build"; readonly image: LabImage; readonly base?: string; readonly anew: boolean };

/** The label by which an image tells what it was built from. */
export const inputsLabel = "seatrial.inputs";

/**
 * What is to be done for a build, in order.
 * @param all every image there is.
 * @param wanted those that the order names.
 * @param present what Docker has already, the base among it.
 * @param inputs by name: the digest of the files that an image is built from.
 */
export function planBuild(
  order: BuildOrder,
  all: readonly LabImage[],
  wanted: readonly LabImage[],
  present: ReadonlyMap<string, PresentImage>,
  inputs: ReadonlyMap<string, string>,
): readonly BuildStep[] {
  const base = baseOf(order);
  const steps: BuildStep[] = [];
  const built = new Set<string>();
  const push = (image: LabImage) => {
    const step = stepOf(image);
    if (step === undefined) return;
    steps.push(step);
    if (step.does !== "skip") built.add(image.reference);
  };
  const stepOf = (image: LabImage): BuildStep | undefined => {
    const there = present.get(image.reference);
    const forced = order.force && wanted.includes(image);
    switch (image.source.kind) {
      case "registry":
        if (order.names.length === 0) return undefined;
        throw new LabError(
          "E_USAGE",
          `${image.name}: no Dockerfile here builds ${image.reference}; its maker publishes it`,
          `Pull it where there is a registry (docker pull ${image.reference}), then carry it over with seatrial images save and load.`,
        );
      case "base":
        // Without a registry the base is needed, named or not; with one only where it is named.
        if (there !== undefined && !forced) return { does: "skip", image, because: "already there" };
        return { does: "bootstrap", image };
      case "folder":
      case "maven":
      case "seatrial": {
        if (!standsOn(image, order.suite)) {
          if (order.names.length === 0) return undefined;
          throw pinnedElsewhere(image, order.suite);
        }
        const from = base === undefined ? {} : { base };
        const isOld =
          (base !== undefined && built.has(base)) ||
          there?.labels[inputsLabel] !== inputsOf(inputs.get(image.name) ?? "", base, base && present.get(base)?.id);
        if (there !== undefined && !forced && !isOld)
          return { does: "skip", image, because: "already there, unchanged" };
        return { does: "build", image, ...from, anew: forced };
      }
    }
  };
  if (order.offline && order.base === undefined && wanted.some(({ source }) => source.kind !== "base")) {
    const own = all.find(({ source }) => source.kind === "base");
    if (own !== undefined && !wanted.includes(own)) push(own);
  }
  for (const image of wanted) {
    if (image.source.kind === "base" && order.names.length === 0 && base !== image.reference) continue;
    push(image);
  }
  return steps;
}

/** The value of {@link inputsLabel}: the image's own files and the base it stands on. */
export function inputsOf(files: string, base: string | undefined, baseId: string | undefined): string {
  return createHash("sha256")
    .update(`${files}\n${base ?? "default"}\n${baseId ?? ""}`)
    .digest("hex");
}

/** The base that the order builds on; undefined where each Dockerfile's own default holds. */
export function baseOf(order: Pick<BuildOrder, "base" | "offline" | "suite">): string | undefined {
  return order.base ?? (order.offline ? baseReference(order.suite) : undefined);
}

function standsOn({ reference }: LabImage, suite: string): boolean {
  const pinned = debianOf(reference);
  return pinned === undefined || pinned === debianSuites[suite];
}

function pinnedElsewhere({ name, reference }: LabImage, suite: string): LabError {
  const pinned = debianOf(reference) ?? "";
  const right = Object.keys(debianSuites).find((each) => debianSuites[each] === pinned) ?? "bookworm";
  return new LabError(
    "E_USAGE",
    `${name}: ${reference} is made of packages of Debian ${pinned}, not of ${suite}`,
    `Build it with --suite ${right}.`,
  );
}
