import { aeadProtection } from "./aead-protection.ts";
import { cbcProtection } from "./cbc-protection.ts";
import type { CipherSuite } from "./cipher-suite.ts";
import { nullProtection } from "./null-protection.ts";
import type { Protection } from "./protection.ts";
import type { DirectionKeys } from "./secrets.ts";

/** What protects the records of one direction with the given suite. */
export function protectionOf({ cipher, mac = "sha1" }: CipherSuite, keys: DirectionKeys): Protection {
  switch (cipher) {
    case "aes-128-ccm-8":
    case "aes-128-gcm":
      return aeadProtection(cipher, keys);
    case "aes-128-cbc":
    case "aes-256-cbc":
      return cbcProtection(cipher, mac, keys);
    case "null":
      return nullProtection(mac, keys);
  }
}
