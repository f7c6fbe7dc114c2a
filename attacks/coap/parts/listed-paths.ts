import type { Bench, LabAddress } from "#contract/bench.ts";
import { code, isSuccess } from "#simulator/coap/code.ts";
import { openStranger } from "./access-asker.ts";
import { honestWaitMs, wellKnownCore } from "./serving.ts";

/**
 * Paths that the server lists for everybody in `/.well-known/core` (RFC 6690), without the first slash; none where it
 * does not answer or tells strangers nothing.
 */
export async function listedPaths(bench: Bench, at: LabAddress): Promise<readonly string[]> {
  await using stranger = await openStranger(bench, at);
  try {
    const reply = await stranger.ask({ code: code.get, path: wellKnownCore }, honestWaitMs);
    return isSuccess(reply.code) ? pathsIn(reply.payload.toString()) : [];
  } catch {
    return [];
  }
}

/** Targets of a link list that lie on the server itself. */
export function pathsIn(links: string): readonly string[] {
  const targets = [...links.matchAll(/<\/([^>]*)>/g)].map(([, path = ""]) => decoded(path));
  return [...new Set(targets)];
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
