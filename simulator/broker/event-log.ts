import type { Observer } from "#contract/bench.ts";
import type { JsonObject } from "#contract/observation.ts";

/** What the broker tells of itself. */
export type BrokerEvent =
  | "connect-refused"
  | "connect-timeout"
  | "connection-refused"
  | "lockout"
  | "locked-out"
  | "takeover"
  | "publish-denied"
  | "subscribe-denied"
  | "malformed"
  | "slow-consumer"
  | "disk-full"
  | "internal-error";

const everyMs = 1_000;
/** Different reasons, and different sources, that one note names; the rest is counted together. */
const mostNamed = 8;
/** Seconds in which anything happened; a broker that lives longer only keeps counting. */
const mostNotes = 20_000;

interface Tally {
  count: number;
  readonly by: Map<string, number>;
  readonly sources: Set<string>;
  readonly example: JsonObject;
}

/** Where events go. */
export interface EventLog extends Disposable {
  /** @param why a word from a small set; the event is counted by it. */
  tell(event: BrokerEvent, why: string, source: string, example?: JsonObject): void;
}

/**
 * Writes at most one note `broker.<event>` a second for each kind of event, whatever happens:
 * `{count, by: {why: count}, sources: [address], example}`. The first example of the second is kept.
 */
export function eventLog(observe: Pick<Observer, "note">): EventLog {
  let tallies = new Map<BrokerEvent, Tally>();
  let notes = 0;
  const flush = () => {
    for (const [event, { count, by, sources, example }] of tallies) {
      if (notes >= mostNotes) break;
      notes += 1;
      observe.note(`broker.${event}`, { count, by: Object.fromEntries(by), sources: [...sources], example });
    }
    tallies = new Map();
  };
  const timer = setInterval(flush, everyMs);
  timer.unref();
  return {
    tell(event, why, source, example = {}) {
      const tally = tallies.get(event) ?? { count: 0, by: new Map(), sources: new Set(), example };
      tallies.set(event, tally);
      tally.count += 1;
      const reason = tally.by.has(why) || tally.by.size < mostNamed ? why : "other";
      tally.by.set(reason, (tally.by.get(reason) ?? 0) + 1);
      if (tally.sources.size < mostNamed) tally.sources.add(source);
    },
    [Symbol.dispose]() {
      clearInterval(timer);
      flush();
    },
  };
}
