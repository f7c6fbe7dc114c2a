import type { Observer } from "#contract/bench.ts";
import type { JsonObject } from "#contract/observation.ts";

/** What the device server tells of itself. */
export type ServerEvent =
  | "refused"
  | "proxy-refused"
  | "tcp-refused"
  | "tcp-aborted"
  | "rebooted"
  | "bootstrapped"
  | "fault"
  | "internal-error";

const everyMs = 1_000;
/** Different reasons, and different sources, that one note names; the rest is counted together. */
const mostNamed = 8;
/** Seconds in which anything happened; a server that lives longer only keeps counting. */
const mostNotes = 20_000;

interface Tally {
  count: number;
  readonly by: Map<string, number>;
  readonly sources: Set<string>;
  readonly example: JsonObject;
}

/** Messages that a server has received and sent since it was started first: datagrams, and messages over TCP. */
export interface MessageTraffic {
  received: number;
  sent: number;
}

/** Where events go. */
export interface ServerLog extends Disposable {
  /**
   * @param why a word from a small set; the event is counted by it.
   * @param source address that it came from; empty for what no request brought about.
   */
  tell(event: ServerEvent, why: string, source: string, example?: JsonObject): void;
}

/**
 * Writes at most one note `server.<event>` a second for each kind of event, whatever happens:
 * `{count, by: {why: count}, sources: [address], example}`. The first example of the second is kept. Beside them one note
 * `server.traffic` for each second in which `traffic` changed: what came and went in it.
 */
export function serverLog(observe: Pick<Observer, "note">, traffic: Readonly<MessageTraffic>): ServerLog {
  let tallies = new Map<ServerEvent, Tally>();
  let before = { ...traffic };
  let notes = 0;
  const note = (event: ServerEvent | "traffic", detail: JsonObject) => {
    if (notes++ < mostNotes) observe.note(`server.${event}`, detail);
  };
  const flush = () => {
    for (const [event, { count, by, sources, example }] of tallies) {
      note(event, { count, by: Object.fromEntries(by), sources: [...sources], example });
    }
    tallies = new Map();
    const received = traffic.received - before.received;
    const sent = traffic.sent - before.sent;
    if (received + sent > 0) note("traffic", { received, sent });
    before = { ...traffic };
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
      if (source !== "" && tally.sources.size < mostNamed) tally.sources.add(source);
    },
    [Symbol.dispose]() {
      clearInterval(timer);
      flush();
    },
  };
}
