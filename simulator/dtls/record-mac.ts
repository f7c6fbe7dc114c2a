import { createHmac, createSecretKey } from "node:crypto";
import { type RecordHeader, recordHeaderBytes } from "./record.ts";

/** The MAC of a record (RFC 6347 §4.1.2.1): over epoch, sequence number, type, version, length and content. */
export interface RecordMac {
  readonly bytes: number;
  of(header: RecordHeader, content: Uint8Array): Buffer;
}

export function recordMac(hash: "sha1" | "sha256", secret: Uint8Array): RecordMac {
  const key = createSecretKey(secret);
  const prefix = Buffer.alloc(recordHeaderBytes);
  return {
    bytes: hash === "sha1" ? 20 : 32,
    of(header, content) {
      prefix.writeUInt16BE(header.epoch, 0);
      prefix.writeUIntBE(header.sequence, 2, 6);
      prefix[8] = header.type;
      prefix.writeUInt16BE(header.version, 9);
      prefix.writeUInt16BE(content.length, 11);
      return createHmac(hash, key).update(prefix).update(content).digest();
    },
  };
}
