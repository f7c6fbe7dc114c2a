import type { TlvEntry } from "../coap/lwm2m-tlv.ts";

/** Types of resources (LwM2M 1.0 appendix C). */
export type ValueType = "string" | "integer" | "boolean" | "opaque";
export type Value = string | number | boolean | Buffer;

/** As text (content format 0); opaque values in base64. */
export function textOf(value: Value): string {
  if (typeof value === "boolean") return value ? "1" : "0";
  return Buffer.isBuffer(value) ? value.toString("base64") : String(value);
}

/** Reads text; undefined where it is no value of the type. */
export function valueOfText(text: string, type: ValueType): Value | undefined {
  if (type === "string") return text;
  if (type === "opaque") return Buffer.from(text, "base64");
  if (type === "boolean") return text === "0" || text === "1" ? text === "1" : undefined;
  return /^-?\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** As the value of a TLV entry: integers in 1, 2, 4 or 8 bytes, most significant first. */
export function bytesOf(value: Value): Buffer {
  if (Buffer.isBuffer(value)) return value;
  if (typeof value === "string") return Buffer.from(value);
  const number = Number(value);
  const size = [1, 2, 4].find((bytes) => number >= -(2 ** (bytes * 8 - 1)) && number < 2 ** (bytes * 8 - 1));
  const bytes = Buffer.alloc(size ?? 8);
  if (size === undefined) bytes.writeBigInt64BE(BigInt(number));
  else bytes.writeIntBE(number, 0, size);
  return bytes;
}

/** Reads the value of a TLV entry; undefined where it is no value of the type. */
export function valueOfBytes(bytes: Buffer, type: ValueType): Value | undefined {
  if (type === "opaque") return Buffer.from(bytes);
  if (type === "string") return bytes.toString();
  if (type === "boolean") return bytes.length === 1 && (bytes[0] === 0 || bytes[0] === 1) ? bytes[0] === 1 : undefined;
  if (bytes.length === 8) return Number(bytes.readBigInt64BE());
  return [1, 2, 4].includes(bytes.length) ? bytes.readIntBE(0, bytes.length) : undefined;
}

/** One resource as TLV. */
export function entryOf(id: number, value: Value): TlvEntry {
  return { kind: "resource", id, value: bytesOf(value) };
}
