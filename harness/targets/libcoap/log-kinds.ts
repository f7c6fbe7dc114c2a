import type { LogKind } from "../log/log-tail.ts";

/** What the lines of libcoap's log are about; the first that matches counts. */
export const libcoapLogKinds: readonly LogKind[] = [
  ["refused", /invalid decryption|handshake|alert|decrypt error|unknown psk|bad_record_mac/i],
  ["protocol", /malformed|discard|bad|unsupported|unknown (critical|option)|dropped/i],
  ["limit", /too (many|large)|exceed|no (more )?memory|insufficient/i],
  ["timeout", /timed? ?out|giving up|max retr/i],
  ["proxy", /^.{0,40}Proxy URI/],
  ["error", /\b(ERR|CRIT|ALRT|EMRG)\b/],
];
