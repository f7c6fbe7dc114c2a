/** Two bytes, big-endian. */
export function uint16(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

/** Values of two bytes, one after the other. */
export function uint16s(values: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(values.length * 2);
  for (const [at, value] of values.entries()) bytes.writeUInt16BE(value, at * 2);
  return bytes;
}

/** The bytes after their length in one byte. Throws RangeError above 255 bytes. */
export function vector8(content: Uint8Array): Buffer {
  if (content.length > 0xff) throw new RangeError(`${content.length} bytes do not fit a vector of 255`);
  const bytes = Buffer.allocUnsafe(1 + content.length);
  bytes[0] = content.length;
  bytes.set(content, 1);
  return bytes;
}

/** The bytes after their length in two bytes. Throws RangeError above 65,535 bytes. */
export function vector16(content: Uint8Array): Buffer {
  if (content.length > 0xffff) throw new RangeError(`${content.length} bytes do not fit a vector of 65535`);
  const bytes = Buffer.allocUnsafe(2 + content.length);
  bytes.writeUInt16BE(content.length);
  bytes.set(content, 2);
  return bytes;
}
