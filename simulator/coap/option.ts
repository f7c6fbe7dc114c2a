/** Option numbers (RFC 7252 §5.10, 7641, 7959, 8613, 8768, 9175, 9177). */
export const optionNumber = {
  ifMatch: 1,
  uriHost: 3,
  etag: 4,
  ifNoneMatch: 5,
  observe: 6,
  uriPort: 7,
  locationPath: 8,
  oscore: 9,
  uriPath: 11,
  contentFormat: 12,
  maxAge: 14,
  uriQuery: 15,
  hopLimit: 16,
  accept: 17,
  qBlock1: 19,
  locationQuery: 20,
  block2: 23,
  block1: 27,
  size2: 28,
  qBlock2: 31,
  proxyUri: 35,
  proxyScheme: 39,
  size1: 60,
  echo: 252,
  requestTag: 292,
} as const;

/** Content formats (RFC 7252 §12.3, RFC 6690, LwM2M). */
export const contentFormat = {
  text: 0,
  link: 40,
  octets: 42,
  json: 50,
  cbor: 60,
  senmlJson: 110,
  lwm2mTlv: 11_542,
} as const;

/** One option of a message. */
export interface Option {
  readonly number: number;
  readonly value: Buffer;
}

/** Odd numbers: who does not know it must reject the message (RFC 7252 §5.4.1). */
export function isCritical(number: number): boolean {
  return (number & 1) === 1;
}

/** A proxy that does not know it must not forward the message (RFC 7252 §5.4.2). */
export function isUnsafe(number: number): boolean {
  return (number & 2) === 2;
}

/** An unsigned integer in as few bytes as it needs, none for zero (RFC 7252 §3.2). */
export function uintBytes(value: number): Buffer {
  if (value < 0 || value > 0xffffffff || !Number.isInteger(value)) throw new RangeError(`${value} is no uint of CoAP`);
  if (value === 0) return Buffer.alloc(0);
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  const first = bytes.findIndex((byte) => byte !== 0);
  return bytes.subarray(first);
}

/** Reads up to four bytes as an unsigned integer, leading zeros allowed; undefined for more. */
export function uintOf(value: Uint8Array): number | undefined {
  if (value.length > 4) return undefined;
  let number = 0;
  for (const byte of value) number = number * 256 + byte;
  return number;
}

export function option(number: number, value: string | number | Uint8Array = ""): Option {
  if (typeof value === "number") return { number, value: uintBytes(value) };
  return { number, value: typeof value === "string" ? Buffer.from(value) : Buffer.from(value) };
}

/** Uri-Path and Uri-Query options of `devices/a/state?x=1`; a first slash is not part of it. */
export function pathOptions(path: string): readonly Option[] {
  const [way = "", query] = path.split(/\?(.*)/s);
  const segments = way === "" ? [] : way.split("/");
  return [
    ...segments.map((segment) => option(optionNumber.uriPath, segment)),
    ...(query === undefined || query === "" ? [] : query.split("&").map((part) => option(optionNumber.uriQuery, part))),
  ];
}
