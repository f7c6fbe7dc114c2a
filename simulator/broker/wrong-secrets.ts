import type { Clock } from "#contract/bench.ts";
import type { BrokerKnobs } from "./broker-knobs.ts";

const windowMs = 60_000;
/** Pairs that are remembered; the oldest is forgotten for a new one, so that made-up names cannot fill the memory. */
const mostRemembered = 10_000;

/** Counts wrong secrets, and says who has had too many. */
export interface WrongSecrets {
  isLocked(source: string, account: string): boolean;
  /** True where this one was the last that is allowed. */
  wrong(source: string, account: string): boolean;
  /** The right secret makes the earlier wrong ones forgotten. */
  right(source: string, account: string): void;
}

/**
 * A lock holds for a minute from the last wrong secret that was evaluated, and locked attempts do not prolong it.
 * It belongs to a source and account together, or, with lockout `account`, to the account whoever asks.
 */
export function wrongSecrets(
  clock: Pick<Clock, "nowMs">,
  { maxWrongSecrets, lockout }: Pick<BrokerKnobs, "maxWrongSecrets" | "lockout">,
): WrongSecrets {
  const seen = new Map<string, { count: number; untilMs: number }>();
  // A NUL cannot be part of an address, so no two pairs have the same key.
  const keyOf = (source: string, account: string) => (lockout === "account" ? account : `${source}\0${account}`);
  const current = (key: string) => {
    const entry = seen.get(key);
    return entry !== undefined && entry.untilMs > clock.nowMs() ? entry : undefined;
  };
  return {
    isLocked(source, account) {
      return maxWrongSecrets > 0 && (current(keyOf(source, account))?.count ?? 0) >= maxWrongSecrets;
    },
    wrong(source, account) {
      if (maxWrongSecrets === 0) return false;
      const key = keyOf(source, account);
      const count = (current(key)?.count ?? 0) + 1;
      seen.delete(key);
      const [oldest] = seen.keys();
      if (oldest !== undefined && seen.size >= mostRemembered) seen.delete(oldest);
      seen.set(key, { count, untilMs: clock.nowMs() + windowMs });
      return count === maxWrongSecrets;
    },
    right(source, account) {
      seen.delete(keyOf(source, account));
    },
  };
}
