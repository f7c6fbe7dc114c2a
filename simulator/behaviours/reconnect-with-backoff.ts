import type { Random } from "#contract/bench.ts";
import type { Behaviour } from "#contract/device.ts";

const baseMs = 2_000;
const capMs = 8_000;

/** Time until the next try after so many failures in a row (at least one), by the value of the knob `reconnect`. */
export function backoffMs(policy: string, failures: number, random: Random): number {
  if (policy === "none") return Number.POSITIVE_INFINITY;
  if (policy === "fixed") return 1_000;
  const ceiling = Math.min(capMs, baseMs * 2 ** (failures - 1));
  return policy === "exponential" ? ceiling : random.next() * ceiling;
}

/** Connects when powered, and again whenever the connection is lost or refused; never has two tries ahead of it. */
export const reconnectWithBackoff: Behaviour = {
  name: "reconnect-with-backoff",
  knobs: {
    reconnect: {
      values: ["full-jitter", "exponential", "fixed", "none"],
      means:
        "Time until the next try: any moment below a doubling ceiling (2 s to 8 s), just that ceiling, always 1 s, or never",
    },
  },

  attach({ posture, random }) {
    let failures = 0;
    let dueMs = Number.NEGATIVE_INFINITY;
    const policy = posture["reconnect"] ?? "full-jitter";
    return ({ kind, nowMs }) => {
      if (kind === "connected") failures = 0;
      if (kind === "powered") return [{ kind: "connect", afterMs: 0 }];
      // Before its time comes the try that is ahead cannot have failed: this is a late word about an earlier one.
      if ((kind !== "link-lost" && kind !== "refused") || nowMs < dueMs) return [];
      failures++;
      const afterMs = backoffMs(policy, failures, random);
      if (afterMs === Number.POSITIVE_INFINITY) return [];
      dueMs = nowMs + afterMs;
      return [{ kind: "connect", afterMs }];
    };
  },
};
