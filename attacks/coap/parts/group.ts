import type { Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import type { Answer } from "#contract/check.ts";
import { openProbe, type Probe } from "#simulator/coap/probe.ts";
import type { Peer } from "#simulator/udp/datagram.ts";
import { plainListener } from "./plain-listener.ts";

/** An answer to a multicast request is spread over so long, unless its sender knows better (DEFAULT_LEISURE, RFC 7252 §4.8.2). */
export const leisureMs = 5_000;
/** A leisure that has begun may end this much later. */
export const graceMs = 500;

/** What checks say where the target has joined no group that anybody knows, or not on loopback. */
export function groupUnknown(): Answer {
  const says = "the target is in no multicast group on loopback, so nothing was sent to one";
  return { verdict: "not-tested", says, evidence: [] };
}

/**
 * The group that the target has joined; undefined where none is known, or where it lies behind a network: what goes to a
 * group reaches whoever has joined it, so it goes to the loopback interface alone.
 */
export function groupOf(ground: Ground): Peer | undefined {
  const group = ground.resources?.group;
  if (group === undefined || !isMulticast(group.host)) return undefined;
  return plainListener(ground).host.startsWith("127.") ? group : undefined;
}

/** A probe whose datagrams go to the group by way of the loopback interface, and whose answers come from its members. */
export function openGroupProbe(bench: Bench, group: Peer): Promise<Probe> {
  // Linux sends multicast out of the interface that has the local address of the socket.
  return openProbe(bench, group, { host: "127.0.0.1" });
}

function isMulticast(host: string): boolean {
  const first = Number(host.split(".")[0]);
  return first >= 224 && first <= 239;
}
