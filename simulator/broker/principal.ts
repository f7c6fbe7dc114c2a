import type { BrokerKnobs } from "./broker-knobs.ts";

/** Who a connection was admitted as. */
export interface Principal {
  /** The account; undefined for a client that gave no credentials. */
  readonly account?: string;
  readonly clientId: string;
  /** Staff (the operator, and the factory login) may use every device's topics. */
  readonly staff: boolean;
  /**
   * Whose topics are its own: the account's, or the client id's where the account does not tell devices apart.
   */
  readonly owns: string;
}

type Rules = Pick<BrokerKnobs, "authorization" | "systemTopics">;

/** Whether it may publish there. Nobody may publish to topics that begin with `$`. */
export function mayPublish(principal: Principal, topic: string, { authorization }: Rules): boolean {
  if (topic.startsWith("$")) return false;
  return authorization === "open" || principal.staff || isOwn(principal, topic);
}

/** Whether it may subscribe to this filter. */
export function maySubscribe(principal: Principal, filter: string, { authorization, systemTopics }: Rules): boolean {
  if (isSystem(filter)) return systemTopics === "open";
  return authorization === "open" || principal.staff || isOwn(principal, filter);
}

/** Whether a message on this topic may be delivered to it. */
export function mayReceive(principal: Principal, topic: string, rules: Rules): boolean {
  return maySubscribe(principal, topic, rules);
}

function isSystem(topic: string): boolean {
  return topic === "$SYS" || topic.startsWith("$SYS/");
}

/** Below `devices/<own>/`. A name with a wildcard or separator in it would own other devices' topics, so it owns none. */
function isOwn({ owns }: Principal, topic: string): boolean {
  return owns !== "" && !/[+#/$]/.test(owns) && topic.startsWith(`devices/${owns}/`);
}
