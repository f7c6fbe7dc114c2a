import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from "node:crypto";
import type { Protection } from "./protection.ts";
import { type DtlsRecord, type RecordHeader, recordHeaderBytes, writeRecordHeader } from "./record.ts";
import type { DirectionKeys } from "./secrets.ts";

const explicitNonceBytes = 8;
const nonceBytes = 12;
/** Additional data: epoch and sequence number, type, version, and the length of the content (RFC 5246 §6.2.3.3). */
const additionalBytes = 13;

/** AES-128 with CCM and a tag of 8 bytes (RFC 6655), or GCM (RFC 5288). */
export function aeadProtection(cipher: "aes-128-ccm-8" | "aes-128-gcm", keys: DirectionKeys): Protection {
  // Node prepares a key for every record unless it is a key object, which makes records four times as fast.
  const key = createSecretKey(keys.cipher);
  const aead = cipher === "aes-128-gcm" ? gcm : ccm8;
  const overhead = explicitNonceBytes + aead.tagBytes;
  // Both are copied by OpenSSL before a call returns, so one of each does for all records.
  const nonce = Buffer.alloc(nonceBytes);
  nonce.set(keys.salt);
  const additional = Buffer.alloc(additionalBytes);
  return {
    seal(header, content) {
      const record = Buffer.allocUnsafe(recordHeaderBytes + overhead + content.length);
      writeRecordHeader(record, header, overhead + content.length);
      // The explicit part of the nonce is the record's epoch and sequence number, so that none comes twice.
      record.copy(record, recordHeaderBytes, 3, 3 + explicitNonceBytes);
      record.copy(nonce, 4, 3, 3 + explicitNonceBytes);
      writeAdditional(additional, header, content.length);
      aead.sealWith(key, nonce, additional, content, record, recordHeaderBytes + explicitNonceBytes);
      return record;
    },
    open(record) {
      const { fragment } = record;
      const length = fragment.length - overhead;
      if (length < 0) return undefined;
      fragment.copy(nonce, 4, 0, explicitNonceBytes);
      writeAdditional(additional, record, length);
      const end = explicitNonceBytes + length;
      return aead.openWith(key, nonce, additional, fragment.subarray(explicitNonceBytes, end), fragment.subarray(end));
    },
  };
}

function writeAdditional(additional: Buffer, header: RecordHeader | DtlsRecord, length: number): void {
  additional.writeUInt16BE(header.epoch, 0);
  additional.writeUIntBE(header.sequence, 2, 6);
  additional[8] = header.type;
  additional.writeUInt16BE(header.version, 9);
  additional.writeUInt16BE(length, 11);
}

interface Aead {
  readonly tagBytes: number;
  /** Writes ciphertext and tag into `into`. */
  sealWith(key: KeyObject, nonce: Buffer, additional: Buffer, content: Uint8Array, into: Buffer, at: number): void;
  openWith(key: KeyObject, nonce: Buffer, additional: Buffer, sealed: Buffer, tag: Buffer): Buffer | undefined;
}

const gcm: Aead = {
  tagBytes: 16,
  sealWith(key, nonce, additional, content, into, at) {
    const cipher = createCipheriv("aes-128-gcm", key, nonce).setAAD(additional);
    cipher.update(content).copy(into, at);
    cipher.final();
    cipher.getAuthTag().copy(into, at + content.length);
  },
  openWith(key, nonce, additional, sealed, tag) {
    try {
      const decipher = createDecipheriv("aes-128-gcm", key, nonce, { authTagLength: 16 });
      const content = decipher.setAAD(additional).setAuthTag(tag).update(sealed);
      decipher.final();
      return content;
    } catch {
      return undefined;
    }
  },
};

const ccm8: Aead = {
  tagBytes: 8,
  sealWith(key, nonce, additional, content, into, at) {
    const cipher = createCipheriv("aes-128-ccm", key, nonce, { authTagLength: 8 });
    cipher.setAAD(additional, { plaintextLength: content.length });
    cipher.update(content).copy(into, at);
    cipher.final();
    cipher.getAuthTag().copy(into, at + content.length);
  },
  openWith(key, nonce, additional, sealed, tag) {
    try {
      const decipher = createDecipheriv("aes-128-ccm", key, nonce, { authTagLength: 8 });
      decipher.setAuthTag(tag).setAAD(additional, { plaintextLength: sealed.length });
      const content = decipher.update(sealed);
      decipher.final();
      return content;
    } catch {
      return undefined;
    }
  },
};
