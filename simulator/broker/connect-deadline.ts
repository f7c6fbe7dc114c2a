import type { BrokerKnobs } from "./broker-knobs.ts";
import type { BrokerPulse } from "./broker-pulse.ts";

/** Time in which a connection must complete its CONNECT. */
export interface ConnectDeadline {
  /** A byte came; begins anew where the deadline is idle. */
  heard(): void;
  /** The CONNECT is complete, or the connection is gone. */
  met(): void;
}

/** @param missed called once when the time is over. */
export function connectDeadline(
  pulse: BrokerPulse,
  { connectTimeoutMs, connectDeadline: kind }: Pick<BrokerKnobs, "connectTimeoutMs" | "connectDeadline">,
  missed: () => void,
): ConnectDeadline {
  if (connectTimeoutMs === 0) return { heard() {}, met() {} };
  const timer = pulse.after(connectTimeoutMs, missed);
  return {
    heard() {
      if (kind === "idle") timer.refresh();
    },
    met() {
      timer.cancel();
    },
  };
}
