import type { Ground } from "#contract/attack.ts";
import type { Bench, LabAddress } from "#contract/bench.ts";
import { code, isSuccess } from "#simulator/coap/code.ts";
import { openStranger } from "./access-asker.ts";
import { honestWaitMs, wellKnownCore } from "./serving.ts";

/**
 * A resource that strangers may observe and that changes by itself: the one that is known, or else the first that the
 * server lists as observable. Throws where there is none.
 */
export async function tickingPath(bench: Bench, at: LabAddress, { resources }: Ground): Promise<string> {
  if (resources?.ticking !== undefined) return resources.ticking;
  await using stranger = await openStranger(bench, at);
  const reply = await stranger.ask({ code: code.get, path: wellKnownCore }, honestWaitMs);
  const [first] = isSuccess(reply.code) ? observableIn(reply.payload.toString()) : [];
  if (first === undefined) throw new Error("the server names no resource that can be observed");
  return first;
}

/** Targets of the links that have the attribute `obs` (RFC 7641 §6), without the first slash. */
export function observableIn(links: string): readonly string[] {
  const found = [...links.matchAll(/<\/([^>]*)>((?:;[^,"]*(?:"[^"]*")?)*)/g)];
  return found.filter(([, , attributes = ""]) => /;obs(?=[;,=]|$)/.test(attributes)).map(([, path = ""]) => path);
}
