import type { Bench, LabAddress } from "#contract/bench.ts";
import type { Identity } from "#contract/identity.ts";
import type { Tally } from "#contract/target.ts";
import { connect } from "#simulator/mqtt/client.ts";
import type { Session } from "#simulator/mqtt/session.ts";

/**
 * What readings of the counters have themselves added to them; {@link systemTally} adds to it and takes it off, so that
 * who keeps one for a target's life sees what others did.
 */
export interface ReaderTraffic {
  connections: number;
  publishesSent: number;
}

const uptime = "$SYS/broker/uptime";
const received = "$SYS/broker/publish/messages/received";
const sent = "$SYS/broker/publish/messages/sent";

/** Mosquitto compares whole seconds, so that `sys_interval 1` publishes every two; a busy one comes later. */
const freshWithinMs = 10_000;
const answerWithinMs = 5_000;

/**
 * Reads the counters of a Mosquitto whose `sys_interval` is 1, over a short session; takes up to about 2 s, because it
 * waits until they are as new as the call. They begin at nothing whenever the process starts. `publishesSent` counts
 * whatever is delivered to anybody, below `$SYS` too; what this reading was sent is taken off. Throws where they cannot
 * be read.
 *
 * @param operator reads `$SYS/broker/#`.
 * @param connectionsLogged lines `New client connected` before this call; one of each earlier reading is among them.
 * @param earlier what earlier readings caused; without it they stay in, four deliveries and one connection each.
 */
export async function systemTally(
  bench: Bench,
  at: LabAddress,
  operator: Identity,
  connectionsLogged: number,
  earlier: ReaderTraffic = { connections: 0, publishesSent: 0 },
): Promise<Tally> {
  const connections = connectionsLogged - earlier.connections;
  await using session = await connect(bench, at, operator, { withinMs: answerWithinMs });
  earlier.connections += 1;
  try {
    await freshCounters(session);
    // The counters themselves say nothing yet about what comes after them.
    const ownDeliveries = earlier.publishesSent + session.messages.length;
    await granted(session, [received, sent]);
    // Retained messages come before the answer to what is asked after the subscription.
    if (!(await session.ping(answerWithinMs))) throw new Error(`Mosquitto's counters: no PINGRESP in time`);
    return {
      connections,
      publishesReceived: counterIn(session, received),
      publishesSent: counterIn(session, sent) - ownDeliveries,
      from: "$SYS/broker/publish/messages, log",
    };
  } finally {
    earlier.publishesSent += session.messages.length;
  }
}

/** Resolves when the broker has published its counters anew; its uptime is the first of them, and always changes. */
async function freshCounters(session: Session): Promise<void> {
  await granted(session, [uptime]);
  const isFresh = await session.until(({ retain }) => !retain, freshWithinMs);
  if (isFresh === undefined) throw new Error(`Mosquitto's counters: nothing new on ${uptime} in ${freshWithinMs} ms`);
}

async function granted(session: Session, filters: readonly string[]): Promise<void> {
  const codes = await session.subscribe(filters);
  if (codes.some((code) => code >= 0x80)) throw new Error(`Mosquitto's counters: denied ${filters.join(", ")}`);
}

/** The number on this topic; Mosquitto publishes a counter when it has changed, so that none means zero. */
function counterIn(session: Session, topic: string): number {
  return Number(session.messages.findLast((message) => message.topic === topic)?.payload ?? 0);
}
