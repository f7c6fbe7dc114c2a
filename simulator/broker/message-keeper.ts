import type { BrokerKnobs } from "./broker-knobs.ts";
import type { BrokerPulse } from "./broker-pulse.ts";
import type { EventLog } from "./event-log.ts";
import type { GatedStream } from "./gated-stream.ts";
import type { Journal, Written } from "./journal.ts";

/** Writes a message down where its quality of service asks for an acknowledgement, and calls `kept` when that may be sent. */
export type KeepMessage = (from: GatedStream, message: Written & { readonly qos: number }, kept: () => void) => void;

/**
 * Where the journal has no room, `goes-on` acknowledges all the same and leaves a line in the log; `stalls` waits for room,
 * and with the message waits all that the same client sends after it.
 */
export function messageKeeper(
  pulse: BrokerPulse,
  { fullDisk }: Pick<BrokerKnobs, "fullDisk">,
  journal: Journal,
  log: EventLog,
): KeepMessage {
  const keep: KeepMessage = (from, message, kept) => {
    if (message.qos === 0 || journal.append(message)) return kept();
    const why = fullDisk === "stalls" ? "not-acknowledged" : "not-written-down";
    log.tell("disk-full", why, from.origin.source, { topic: message.topic.slice(0, 128) });
    if (fullDisk === "goes-on") return kept();
    journal.whenRoom(() =>
      pulse.act(() => {
        if (!from.destroyed) keep(from, message, kept);
      }),
    );
  };
  return keep;
}
