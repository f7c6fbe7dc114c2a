import { createHash } from "node:crypto";
import { LabError } from "#contract/errors.ts";

/** An image in a bundle. */
export interface BundledImage {
  readonly name: string;
  readonly reference: string;
  readonly version: string;
  readonly id: string;
  /** Digests of its layers, by which it is known again in any store. */
  readonly layers: readonly string[];
  readonly bytes: number;
}

/** What a bundle says of itself. */
export interface Bundle {
  readonly format: typeof bundleFormat;
  /** The version of seatrial that made it. */
  readonly seatrial: string;
  readonly madeAt: string;
  readonly images: readonly BundledImage[];
  /** All that follows the head: what `docker save` wrote. */
  readonly archive: { readonly bytes: number; readonly sha256: string };
}

export const bundleFormat = "seatrial-images/1";

const entryName = "seatrial-images.json";
const blockBytes = 512;
/** Room for the description, which is known only when everything behind it has been written. */
const roomBytes = 128 * blockBytes;

/**
 * A bundle begins with one tar entry, its description, of fixed length; what `docker save` wrote follows as it is. So the
 * whole is a tar that `docker load` reads as well (it skips entries that it does not know), where there is no seatrial yet.
 */
export const headBytes = blockBytes + roomBytes;

/** The head of a bundle: {@link headBytes} bytes. */
export function headOf(bundle: Bundle): Buffer {
  const text = JSON.stringify({ ...bundle, check: checkOf(bundle) }, null, 2);
  const room = Buffer.alloc(roomBytes, " ");
  if (room.write(text) < Buffer.byteLength(text) || Buffer.byteLength(text) >= roomBytes) {
    throw new LabError("E_USAGE", "a bundle cannot describe so many images", "Save them in several bundles.");
  }
  room.write("\n", roomBytes - 1);
  return Buffer.concat([tarHeader(), room]);
}

/**
 * Reads the head of a bundle. Throws E_RECORD where the file is something else, is damaged, or was made by a seatrial that
 * this one cannot read.
 * @param head the first {@link headBytes} bytes of the file, fewer where it is shorter.
 */
export function readHead(path: string, head: Buffer): Bundle {
  const name = head.toString("latin1", 0, 100).replace(/\0.*$/s, "");
  if (name !== entryName) throw stranger(path, head);
  if (head.length < headBytes || !head.subarray(0, blockBytes).equals(tarHeader()))
    throw damaged(path, "its head is cut off");
  const said = parsed(head.toString("utf8", blockBytes));
  if (said === undefined) throw damaged(path, "its description cannot be read");
  const { format, check, ...rest } = said;
  if (format !== bundleFormat) {
    throw new LabError(
      "E_IMAGE",
      `${path} is a bundle of another format (${JSON.stringify(format)}; this seatrial reads ${bundleFormat})`,
      "Use the version of seatrial that made it, or a newer one.",
    );
  }
  const bundle = { format, ...rest };
  // The check covers every field, so what passes it has the shape that headOf was given.
  if (check !== checkOf(bundle) || !isBundle(bundle)) throw damaged(path, "its description has been altered");
  return bundle;
}

/** The error for a bundle that is not whole. */
export function damaged(path: string, what: string): LabError {
  return new LabError(
    "E_IMAGE",
    `${path} is damaged: ${what}; nothing was loaded`,
    "Copy it again, and compare sha256sum on both machines.",
  );
}

function stranger(path: string, head: Buffer): LabError {
  const isTar = head.toString("latin1", 257, 262) === "ustar";
  return new LabError(
    "E_IMAGE",
    `${path} is no bundle of seatrial${isTar ? ", but some other tar" : ""}; nothing was loaded`,
    isTar
      ? "Make one with seatrial images save. If you trust this file and docker save made it: docker load -i."
      : "Make one with seatrial images save; a compressed bundle must be unpacked first.",
  );
}

/** SHA-256 of a description without its own check. */
function checkOf(bundle: object): string {
  return createHash("sha256").update(JSON.stringify(bundle)).digest("hex");
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function isBundle(value: object): value is Bundle {
  return "images" in value && Array.isArray(value.images) && "archive" in value && typeof value.archive === "object";
}

/** A number as tar writes it. */
function octal(value: number, digits: number): string {
  return `${value.toString(8).padStart(digits, "0")}\0`;
}

/** The header of the description, in the format of POSIX.1-1988 (ustar). */
function tarHeader(): Buffer {
  const header = Buffer.alloc(blockBytes);
  header.write(entryName, 0);
  header.write(octal(0o644, 7), 100);
  header.write(octal(0, 7), 108);
  header.write(octal(0, 7), 116);
  header.write(octal(roomBytes, 11), 124);
  header.write(octal(0, 11), 136);
  header.write("        ", 148);
  header.write("0", 156);
  header.write("ustar\x0000", 257, "latin1");
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${octal(sum, 6)} `, 148);
  return header;
}
