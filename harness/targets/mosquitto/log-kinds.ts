import type { LogKind } from "../log/log-tail.ts";

/** What the lines of Mosquitto's log are about; the first that matches counts. */
export const mosquittoLogKinds: readonly LogKind[] = [
  ["limit", /exceed|too (many|large)/i],
  ["refused", /not authorised|rejected|denied/i],
  ["connected", /^New client connected/],
  ["opened", /^New connection/],
  ["protocol", /protocol error|malformed|invalid/i],
  ["timeout", /timeout/i],
  ["closed", /disconnected|closed|connection error/i],
  ["error", /^error/i],
];
