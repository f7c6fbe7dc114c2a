import type { BrokerPulse } from "../broker/broker-pulse.ts";
import type { TcpSession } from "./tcp-session.ts";

/** Time for the CSM, for a message that has begun, and between two messages. */
const csmWithinMs = 3_000;
const messageWithinMs = 3_000;
const idleMs = 60_000;

/** How long a session is waited for. */
export interface TcpPatience {
  /** Bytes came, which may have completed a message. */
  heard(isWhole: boolean): void;
  over(): void;
}

/** Aborts a session that dawdles. The time that a message has does not begin anew with each byte. */
export function tcpPatience(
  session: Pick<TcpSession, "isIntroduced" | "isAmidMessage" | "abort">,
  pulse: Pick<BrokerPulse, "after">,
): TcpPatience {
  const after = (ms: number, says: string) => pulse.after(ms, () => session.abort(says));
  let timer = after(csmWithinMs, "csm-too-late");
  let wasAmid = false;
  return {
    heard(isWhole) {
      if (!session.isIntroduced) return;
      const isAmid = session.isAmidMessage;
      if (!isWhole && isAmid === wasAmid) return;
      wasAmid = isAmid;
      timer.cancel();
      timer = isAmid ? after(messageWithinMs, "message-too-slow") : after(idleMs, "idle");
    },
    over: () => timer.cancel(),
  };
}
