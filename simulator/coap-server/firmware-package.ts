import { createHash } from "node:crypto";

/** The first bytes of a package. */
const magic = Buffer.from("STFW");
const digestBytes = 32;

/** Builds a package: magic, length and text of the version, SHA-256 of version and image, image. */
export function packFirmware(version: string, image: Uint8Array): Buffer {
  const name = Buffer.from(version);
  return Buffer.concat([magic, Buffer.of(name.length), name, digestOf(name, image), image]);
}

/** The version in a package, or why it is none. */
export function openFirmware(bytes: Buffer): { readonly version: string } | "unsupported-type" | "integrity" {
  const nameBytes = bytes[magic.length] ?? 0;
  const from = magic.length + 1;
  if (!bytes.subarray(0, magic.length).equals(magic)) return "unsupported-type";
  const name = bytes.subarray(from, from + nameBytes);
  const digest = bytes.subarray(from + nameBytes, from + nameBytes + digestBytes);
  const image = bytes.subarray(from + nameBytes + digestBytes);
  return digest.equals(digestOf(name, image)) ? { version: name.toString() } : "integrity";
}

function digestOf(name: Uint8Array, image: Uint8Array): Buffer {
  return createHash("sha256").update(name).update(image).digest();
}
