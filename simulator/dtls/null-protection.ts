import { timingSafeEqual } from "node:crypto";
import type { Protection } from "./protection.ts";
import { writeRecord } from "./record.ts";
import { recordMac } from "./record-mac.ts";
import type { DirectionKeys } from "./secrets.ts";

/** No encryption: the content in clear, and its MAC (RFC 5246 §6.2.3.1). */
export function nullProtection(hash: "sha1" | "sha256", keys: DirectionKeys): Protection {
  const mac = recordMac(hash, keys.mac);
  return {
    seal: (header, content) => writeRecord(header, Buffer.concat([content, mac.of(header, content)])),
    open(record) {
      const end = record.fragment.length - mac.bytes;
      if (end < 0) return undefined;
      const content = record.fragment.subarray(0, end);
      return timingSafeEqual(mac.of(record, content), record.fragment.subarray(end)) ? content : undefined;
    },
  };
}
