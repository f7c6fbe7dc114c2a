import { Refused } from "#contract/errors.ts";
import type { Session } from "./session.ts";

/** How long a broker may take to show that it read a PUBLISH, milliseconds. */
const heardWithinMs = 1_000;

/**
 * Publishes, and resolves once the broker is known to have read it: it acknowledged it, or answered a PINGREQ that was
 * sent after it. Refused where it closed the connection or sent a negative acknowledgement. Says nothing about delivery.
 */
export async function publishHeard(
  session: Session,
  topic: string,
  payload: string,
  how: { readonly qos: 0 | 1; readonly retain?: boolean },
): Promise<void> {
  const { code = 0 } = await session.publish(topic, payload, how);
  if (code >= 0x80) throw new Refused(`PUBACK ${code}`, `${topic} was denied`);
  if (await session.ping(heardWithinMs)) return;
  if (session.connection.ending?.by === "them")
    throw new Refused("closed", "the broker closed the connection after PUBLISH");
  throw new Error(`the broker did not show within ${heardWithinMs} ms that it read the PUBLISH`);
}
