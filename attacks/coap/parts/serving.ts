import type { Ground } from "#contract/attack.ts";
import type { Bench } from "#contract/bench.ts";
import type { Identity } from "#contract/identity.ts";
import { code, codeText } from "#simulator/coap/code.ts";
import { type HonestCoap, honestCoap, succeeds } from "#simulator/coap/honest-client.ts";

/** What an honest client may wait for an answer. */
export const honestWaitMs = 2_000;

/** Every CoAP server can be asked for it (RFC 7252 §7.2); where nobody knows better it is what an honest client reads. */
export const wellKnownCore = ".well-known/core";

/** The identity that honest clients of an attack have: the most trusted that there is; none where the target gives none. */
export function honestIdentity({ identities }: Pick<Ground, "identities">): Identity | undefined {
  return identities.operator ?? identities.victim;
}

/** What an honest client may certainly read. */
export function honestPath({ resources }: Pick<Ground, "resources">): string {
  return resources?.open ?? wellKnownCore;
}

/** An honest client, by the safest way that the target offers. */
export function openHonest(bench: Bench, ground: Ground): Promise<HonestCoap> {
  return honestCoap(bench, ground, honestIdentity(ground));
}

/** For control and recovery. Throws where an honest client is not served. @param when `before the flood` */
export async function expectServed(bench: Bench, ground: Ground, when: string): Promise<void> {
  await using client = await openHonest(bench, ground);
  const path = honestPath(ground);
  const reply = await client.ask({ code: code.get, path }, honestWaitMs);
  if (!succeeds(reply)) throw new Error(`an honest client got ${codeText(reply.code)} for ${path} ${when}`);
}
