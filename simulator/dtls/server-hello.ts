import { ByteReader } from "./byte-reader.ts";
import { uint16, vector8 } from "./byte-vectors.ts";
import { randomBytes } from "./client-hello.ts";
import { type Extension, readExtensions, writeExtensions } from "./extension.ts";

export interface ServerHello {
  readonly version: number;
  /** 32 bytes. */
  readonly random: Buffer;
  readonly sessionId: Buffer;
  readonly suite: number;
  readonly compression: number;
  readonly extensions: readonly Extension[];
}

export interface HelloVerifyRequest {
  /** DTLS 1.0 whatever is negotiated later (RFC 6347 §4.2.1). */
  readonly version: number;
  readonly cookie: Buffer;
}

/** The body of a ServerHello; undefined where it is none. Never throws. */
export function readServerHello(body: Buffer): ServerHello | undefined {
  const reader = new ByteReader(body);
  const version = reader.uint16();
  const random = reader.bytes(randomBytes);
  const sessionId = reader.vector8();
  const suite = reader.uint16();
  const compression = reader.uint8();
  if (reader.isShort || sessionId.length > 32) return undefined;
  const extensions = readExtensions(reader);
  return extensions && { version, random, sessionId, suite, compression, extensions };
}

export function writeServerHello(hello: ServerHello): Buffer {
  return Buffer.concat([
    uint16(hello.version),
    hello.random,
    vector8(hello.sessionId),
    uint16(hello.suite),
    Buffer.of(hello.compression),
    writeExtensions(hello.extensions),
  ]);
}

/** The body of a HelloVerifyRequest; undefined where it is none. Never throws. */
export function readHelloVerifyRequest(body: Buffer): HelloVerifyRequest | undefined {
  const reader = new ByteReader(body);
  const version = reader.uint16();
  const cookie = reader.vector8();
  return reader.isShort || reader.left > 0 ? undefined : { version, cookie };
}

export function writeHelloVerifyRequest({ version, cookie }: HelloVerifyRequest): Buffer {
  return Buffer.concat([uint16(version), vector8(cookie)]);
}
