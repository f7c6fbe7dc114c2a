import { ByteReader } from "./byte-reader.ts";
import { uint16, uint16s, vector8, vector16 } from "./byte-vectors.ts";
import { type Extension, readExtensions, writeExtensions } from "./extension.ts";

/** What comes first in a hello, up to its cookie: all that a cookie is made of, and of which no state is kept. */
export interface HelloStart {
  readonly version: number;
  /** 32 bytes. */
  readonly random: Buffer;
  readonly sessionId: Buffer;
  /** Empty in the first hello (RFC 6347 §4.2.1). */
  readonly cookie: Buffer;
}

export interface ClientHello extends HelloStart {
  /** By preference, as numbers of two bytes. */
  readonly suites: readonly number[];
  readonly compressions: Buffer;
  readonly extensions: readonly Extension[];
}

export const randomBytes = 32;

/** The body of a ClientHello; undefined where it is none. Never throws. */
export function readClientHello(body: Buffer): ClientHello | undefined {
  const reader = new ByteReader(body);
  const start = readStart(reader);
  const suiteBytes = reader.vector16();
  const compressions = reader.vector8();
  if (start === undefined || reader.isShort || suiteBytes.length % 2 !== 0) return undefined;
  const extensions = readExtensions(reader);
  if (extensions === undefined) return undefined;
  const suites = Array.from({ length: suiteBytes.length / 2 }, (_, at) => suiteBytes.readUInt16BE(at * 2));
  return { ...start, suites, compressions, extensions };
}

/** The start of a hello, from the first bytes of its body, be they a fragment or all of it. */
export function readHelloStart(firstBytes: Buffer): HelloStart | undefined {
  return readStart(new ByteReader(firstBytes));
}

export function writeClientHello(hello: ClientHello): Buffer {
  return Buffer.concat([
    uint16(hello.version),
    hello.random,
    vector8(hello.sessionId),
    vector8(hello.cookie),
    vector16(uint16s(hello.suites)),
    vector8(hello.compressions),
    writeExtensions(hello.extensions),
  ]);
}

function readStart(reader: ByteReader): HelloStart | undefined {
  const version = reader.uint16();
  const random = reader.bytes(randomBytes);
  const sessionId = reader.vector8();
  const cookie = reader.vector8();
  return reader.isShort || sessionId.length > 32 ? undefined : { version, random, sessionId, cookie };
}
