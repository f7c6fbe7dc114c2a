import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { LabError } from "#contract/errors.ts";
import { docker } from "./docker.ts";
import { type Bundle, damaged, headBytes, readHead } from "./image-bundle.ts";
import { inWords } from "./in-words.ts";
import { presentImages } from "./present-images.ts";
import type { Workshop } from "./workshop.ts";

/**
 * Reads a bundle to its end and checks that it is one of seatrial's, complete and as it was written. Throws E_USAGE where
 * it cannot be read, E_RECORD where it is not.
 */
export async function checkBundle({ signal, live }: Pick<Workshop, "signal" | "live">, path: string): Promise<Bundle> {
  await using file = await openBundle(path);
  const head = Buffer.alloc(headBytes);
  const { bytesRead } = await file.read(head, 0, headBytes, 0);
  const bundle = readHead(path, head.subarray(0, bytesRead));
  const { archive } = bundle;
  const bytes = (await file.stat()).size - headBytes;
  if (bytes !== archive.bytes) {
    const [has, should] = [bytes, archive.bytes].map((each) => each.toLocaleString("en"));
    throw damaged(
      path,
      bytes < archive.bytes ? `it is cut off (${has} of ${should} bytes)` : "something follows its end",
    );
  }
  live(`checking ${inWords.bytes(bytes)}`);
  const digest = createHash("sha256");
  await pipeline(createReadStream(path, { start: headBytes }), digest, { signal });
  if (digest.digest("hex") !== archive.sha256) throw damaged(path, "its content is not what was saved (sha256)");
  return bundle;
}

/**
 * Checks a bundle whole, loads it, and checks that Docker has its images then. Nothing is loaded from one that is not
 * whole.
 */
export async function loadBundle(workshop: Workshop, path: string): Promise<Bundle> {
  const bundle = await checkBundle(workshop, path).catch((cause: unknown) => {
    workshop.signal.throwIfAborted();
    throw cause;
  });
  workshop.say(
    `${path}: complete, ${bundle.images.length} images, made ${bundle.madeAt} by seatrial ${bundle.seatrial}`,
  );
  workshop.live("loading");
  await docker(workshop, ["load", "--quiet"], `${path} cannot be loaded`, {
    input: createReadStream(path, { start: headBytes }),
  });
  const present = await presentImages(workshop, bundle.images);
  for (const { reference, layers } of bundle.images) {
    if (present.get(reference)?.layers.join() === layers.join()) continue;
    throw new LabError(
      "E_IMAGE",
      `${reference} is not there as it was saved, although Docker took ${path}`,
      "Somebody may have replaced it meanwhile; load again.",
    );
  }
  return bundle;
}

async function openBundle(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    const why = { ENOENT: "there is no such file", EACCES: "you may not read it" }[code] ?? code;
    throw new LabError("E_USAGE", `${path}: ${why}`, "Check the path and its permissions.", { cause });
  }
}
