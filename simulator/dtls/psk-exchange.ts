import { ByteReader } from "./byte-reader.ts";
import { vector16 } from "./byte-vectors.ts";

/**
 * What both key exchange messages of plain PSK hold (RFC 4279 §2): the server's hint, or the client's identity.
 * Undefined where the body is none. Never throws.
 */
export function readPskName(body: Buffer): Buffer | undefined {
  const reader = new ByteReader(body);
  const name = reader.vector16();
  return reader.isShort || reader.left > 0 ? undefined : name;
}

/** Throws RangeError above 65,535 bytes. */
export function writePskName(name: string | Uint8Array): Buffer {
  return vector16(typeof name === "string" ? Buffer.from(name) : name);
}
