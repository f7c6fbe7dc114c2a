import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { LabError } from "#contract/errors.ts";
import { docker } from "./docker.ts";
import { imagesNamed } from "./find-images.ts";
import { type Bundle, bundleFormat, headBytes, headOf } from "./image-bundle.ts";
import { inWords } from "./in-words.ts";
import { type LabImage, versionOf } from "./lab-image.ts";
import { presentImages } from "./present-images.ts";
import type { Workshop } from "./workshop.ts";

/** What is to be saved, and as whose. */
export interface SaveOrder {
  /** Names as given; none means all that Docker has. */
  readonly names: readonly string[];
  readonly to: string;
  /** The version of this seatrial. */
  readonly seatrial: string;
  /** Now, ISO 8601. */
  readonly madeAt: string;
}

/**
 * Writes images into one file. It is there whole or not at all: a full disk or Ctrl-C leaves what was there before.
 * Throws E_USAGE where an image is not there to be saved, E_STORE where the file cannot be written.
 */
export async function saveBundle(workshop: Workshop, images: readonly LabImage[], order: SaveOrder): Promise<Bundle> {
  const wanted = imagesNamed(images, order.names);
  const present = await presentImages(workshop, wanted);
  const missing = wanted.filter(({ reference }) => !present.has(reference));
  if (present.size === 0 || (order.names.length > 0 && missing.length > 0)) throw notThere(missing);
  const bundled = wanted.flatMap(({ name, reference }) => {
    const there = present.get(reference);
    if (there === undefined) return [];
    const { id, layers, bytes } = there;
    return [{ name, reference, version: versionOf(reference), id, layers, bytes }];
  });
  const references = bundled.map(({ reference }) => reference);
  const draft = `${order.to}.${process.pid}.draft`;
  try {
    const archive = await writeArchive(workshop, draft, references);
    const { seatrial, madeAt } = order;
    const bundle: Bundle = { format: bundleFormat, seatrial, madeAt, images: bundled, archive };
    await writeHead(draft, bundle);
    workshop.signal.throwIfAborted();
    await rename(draft, order.to);
    return bundle;
  } catch (cause) {
    await rm(draft, { force: true });
    throw cause instanceof LabError ? cause : cannotSave(order.to, cause);
  }
}

/** Streams what `docker save` writes to its place behind the head. */
async function writeArchive(
  workshop: Workshop,
  path: string,
  references: readonly string[],
): Promise<Bundle["archive"]> {
  const digest = createHash("sha256");
  let bytes = 0;
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      digest.update(chunk);
      bytes += chunk.length;
      workshop.live(`saving: ${inWords.bytes(bytes)}`);
      done(null, chunk);
    },
  });
  const [written, saved] = await Promise.allSettled([
    pipeline(meter, createWriteStream(path, { flags: "wx", start: headBytes })),
    docker(workshop, ["save", "--", ...references], "the images cannot be saved", { output: meter }),
  ]);
  workshop.signal.throwIfAborted();
  // A disk that is full breaks both, and only the writer knows why.
  if (written.status === "rejected") throw written.reason;
  if (saved.status === "rejected") throw saved.reason;
  return { bytes, sha256: digest.digest("hex") };
}

/** Fills the place before the archive, and sees to it that all has reached the disk. */
async function writeHead(path: string, bundle: Bundle): Promise<void> {
  await using file = await open(path, "r+");
  await file.write(headOf(bundle), 0, headBytes, 0);
  await file.sync();
}

function notThere(missing: readonly LabImage[]): LabError {
  const names = missing.map(({ name }) => name).join(" ");
  return new LabError(
    "E_USAGE",
    `Docker does not have ${missing.map(({ reference }) => reference).join(", ")}`,
    `Build first: seatrial images build ${names} (seatrial images list tells which can be built here).`,
  );
}

/** The error for a bundle that cannot be written. */
export function cannotSave(to: string, cause: unknown): LabError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const why =
    {
      ENOSPC: "the disk is full",
      EDQUOT: "the disk is full",
      EACCES: "you may not write there",
      EROFS: "that disk is read-only",
      ENOENT: "there is no such folder",
      EISDIR: "that is a folder",
      EFBIG: "the file system takes no file so large",
    }[code] ?? (cause instanceof Error ? cause.message : String(cause));
  return new LabError(
    "E_STORE",
    `${to} cannot be written: ${why}`,
    "Free some space or choose another place with --to; nothing was left behind.",
    {
      cause,
    },
  );
}
