import { tryDocker } from "./docker.ts";
import { dockerFault } from "./docker-fault.ts";
import type { LabImage } from "./lab-image.ts";
import type { Workshop } from "./workshop.ts";

/** An image that Docker has. */
export interface PresentImage {
  readonly reference: string;
  /** `sha256:…`; what Docker calls its id. */
  readonly id: string;
  /** Digests of its layers, unpacked. Two stores may give the same image different ids, but never different layers. */
  readonly layers: readonly string[];
  readonly bytes: number;
  /** When it was made, ISO 8601. */
  readonly madeAt: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** What `docker image inspect` tells of an image; only what is read here. */
interface Inspected {
  readonly Id: string;
  readonly Size: number;
  readonly Created: string;
  readonly Config?: { readonly Labels?: Readonly<Record<string, string>> | null };
  readonly RootFS?: { readonly Layers?: readonly string[] };
}

/** Those of the images that Docker has, by reference. */
export async function presentImages(
  workshop: Workshop,
  images: readonly Pick<LabImage, "reference">[],
): Promise<ReadonlyMap<string, PresentImage>> {
  const found = await Promise.all(images.map(({ reference }) => presentImage(workshop, reference)));
  return new Map(found.filter((image) => image !== undefined).map((image) => [image.reference, image]));
}

/** The image of this name and tag, or undefined where Docker has none. */
export async function presentImage(workshop: Workshop, reference: string): Promise<PresentImage | undefined> {
  const { code, output, errors } = await tryDocker(workshop, ["image", "inspect", "--", reference]);
  if (code !== 0) {
    if (/no such image/i.test(errors)) return undefined;
    throw dockerFault("the images cannot be listed", errors);
  }
  const list: unknown = JSON.parse(output);
  const seen: unknown = Array.isArray(list) ? list[0] : undefined;
  if (!isInspected(seen)) throw dockerFault("the images cannot be listed", `docker image inspect said ${output}`);
  return {
    reference,
    id: seen.Id,
    layers: seen.RootFS?.Layers ?? [],
    bytes: seen.Size,
    madeAt: seen.Created,
    labels: seen.Config?.Labels ?? {},
  };
}

function isInspected(value: unknown): value is Inspected {
  return typeof value === "object" && value !== null && "Id" in value && "Size" in value && "Created" in value;
}
