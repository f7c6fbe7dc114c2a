import type { LogKind } from "../../log/log-tail.ts";

/** What the lines of Californium's log are about; the first that matches counts. */
export const californiumLogKinds: readonly LogKind[] = [
  ["started", /^listening/],
  ["limit", /OutOfMemory|queue is full|too many|overload|drop/i],
  ["refused", /handshake|alert|psk|decrypt/i],
  ["protocol", /malformed|discard|invalid|unexpected|format/i],
  ["error", /\b(ERROR|Exception)\b/],
];
