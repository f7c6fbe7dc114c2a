import { ByteReader } from "./byte-reader.ts";
import { uint16, vector16 } from "./byte-vectors.ts";

/** An extension of a hello (RFC 5246 §7.4.1.4). */
export interface Extension {
  readonly type: number;
  readonly content: Buffer;
}

export const extensionType = {
  /** RFC 7627. */
  extendedMasterSecret: 23,
  /** RFC 5746. */
  renegotiationInfo: 0xff01,
} as const;

/** Stands among the suites for an empty renegotiation_info (RFC 5746 §3.3). */
export const renegotiationSuite = 0x00ff;

export function hasExtension(extensions: readonly Extension[], type: number): boolean {
  return extensions.some((extension) => extension.type === type);
}

/** The extensions that end a hello; none is as good as an empty list. Undefined where the bytes are none. */
export function readExtensions(reader: ByteReader): readonly Extension[] | undefined {
  if (reader.left === 0) return [];
  const within = new ByteReader(reader.vector16());
  if (reader.isShort || reader.left > 0) return undefined;
  const extensions: Extension[] = [];
  while (within.left > 0) {
    const type = within.uint16();
    const content = within.vector16();
    if (within.isShort) return undefined;
    extensions.push({ type, content });
  }
  return extensions;
}

/** Nothing at all where there is none, which every version understands. */
export function writeExtensions(extensions: readonly Extension[]): Buffer {
  if (extensions.length === 0) return Buffer.alloc(0);
  return vector16(Buffer.concat(extensions.flatMap(({ type, content }) => [uint16(type), vector16(content)])));
}
