import { createCipheriv, createDecipheriv, createSecretKey, randomFillSync, timingSafeEqual } from "node:crypto";
import type { Protection } from "./protection.ts";
import { writeRecord } from "./record.ts";
import { recordMac } from "./record-mac.ts";
import type { DirectionKeys } from "./secrets.ts";

const blockBytes = 16;

/**
 * AES in CBC mode with an explicit IV, MAC then encrypt (RFC 5246 §6.2.3.2, RFC 4346 §6.2.3.2). It is here to show that
 * a peer still takes it, and makes no attempt to take the same time for every kind of bad record.
 */
export function cbcProtection(
  cipher: "aes-128-cbc" | "aes-256-cbc",
  hash: "sha1" | "sha256",
  keys: DirectionKeys,
): Protection {
  const key = createSecretKey(keys.cipher);
  const mac = recordMac(hash, keys.mac);
  return {
    seal(header, content) {
      const padding = blockBytes - ((content.length + mac.bytes) % blockBytes);
      const padded = Buffer.concat([content, mac.of(header, content), Buffer.alloc(padding, padding - 1)]);
      // Predictable IVs were the weakness of CBC in TLS 1.0; this is no decision that a seed should repeat.
      const iv = randomFillSync(Buffer.allocUnsafe(blockBytes));
      const sealed = createCipheriv(cipher, key, iv).setAutoPadding(false).update(padded);
      return writeRecord(header, Buffer.concat([iv, sealed]));
    },
    open(record) {
      const { fragment } = record;
      const sealed = fragment.subarray(blockBytes);
      if (sealed.length < mac.bytes + 1 || sealed.length % blockBytes !== 0) return undefined;
      const iv = fragment.subarray(0, blockBytes);
      const padded = createDecipheriv(cipher, key, iv).setAutoPadding(false).update(sealed);
      const end = padded.length - 1 - (padded.at(-1) ?? 0) - mac.bytes;
      if (end < 0 || !isPadding(padded.subarray(end + mac.bytes))) return undefined;
      const content = padded.subarray(0, end);
      return timingSafeEqual(mac.of(record, content), padded.subarray(end, end + mac.bytes)) ? content : undefined;
    },
  };
}

/** Every byte of padding is the number of bytes before the last one. */
function isPadding(padding: Buffer): boolean {
  return padding.every((byte) => byte === padding.length - 1);
}
