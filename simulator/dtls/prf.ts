import { hash } from "node:crypto";
import { type DtlsVersion, dtlsVersion } from "./version.ts";

const digestBytes = { md5: 16, sha1: 20, sha256: 32 } as const;
type HashName = keyof typeof digestBytes;
/** Bytes that each of these hashes takes at once, and so the longest key that its HMAC takes as it is. */
const hashBlockBytes = 64;

/**
 * The pseudorandom function of a version: P_SHA256 for 1.2 (RFC 5246 §5), MD5 and SHA-1 mixed for 1.0 (RFC 4346 §5).
 * @param bytes how many are wanted.
 */
export function prf(version: DtlsVersion, secret: Uint8Array, label: string, seed: Uint8Array, bytes: number): Buffer {
  const labelled = Buffer.concat([Buffer.from(label, "latin1"), seed]);
  if (version === dtlsVersion["1.2"]) return expand("sha256", secret, labelled, bytes);
  // The halves share the middle byte of a secret of odd length.
  const half = Math.ceil(secret.length / 2);
  const mixed = expand("md5", secret.subarray(0, half), labelled, bytes);
  const other = expand("sha1", secret.subarray(secret.length - half), labelled, bytes);
  for (let at = 0; at < bytes; at++) mixed[at] = (mixed[at] ?? 0) ^ (other[at] ?? 0);
  return mixed;
}

/** P_hash (RFC 5246 §5). */
export function expand(hashName: HashName, secret: Uint8Array, labelledSeed: Uint8Array, bytes: number): Buffer {
  const size = digestBytes[hashName];
  const hmac = hmacWith(hashName, secret);
  const expanded = Buffer.allocUnsafe(Math.ceil(bytes / size) * size);
  let chained = hmac(labelledSeed);
  for (let at = 0; at < bytes; at += size) {
    if (at > 0) chained = hmac(chained);
    hmac(Buffer.concat([chained, labelledSeed])).copy(expanded, at);
  }
  return expanded.subarray(0, bytes);
}

/**
 * HMAC (RFC 2104) of one key. A handshake takes two dozen, and those of node:crypto are objects with a native part
 * each, which cost more to make and to collect than two hashes in one call.
 */
function hmacWith(hashName: HashName, secret: Uint8Array): (content: Uint8Array) => Buffer {
  const key = secret.length > hashBlockBytes ? hash(hashName, secret, "buffer") : secret;
  const inner = Buffer.alloc(hashBlockBytes, 0x36);
  const outer = Buffer.alloc(hashBlockBytes + digestBytes[hashName], 0x5c);
  for (const [at, byte] of key.entries()) {
    inner[at] = byte ^ 0x36;
    outer[at] = byte ^ 0x5c;
  }
  return (content) => {
    outer.set(hash(hashName, Buffer.concat([inner, content]), "buffer"), hashBlockBytes);
    return hash(hashName, outer, "buffer");
  };
}
