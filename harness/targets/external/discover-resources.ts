import type { Bench } from "#contract/bench.ts";
import type { CoapResources } from "#contract/coap.ts";
import { readLinks, type WebLink } from "#simulator/coap-server/link-format.ts";
import type { CoapReader, Reading } from "./coap-reader.ts";
import { isObservable, pathOf, type ReadResource, sortResources } from "./sort-resources.ts";

/** Resources that are read to see what they are good for. */
const mostReads = 16;
const readWithinMs = 2_000;
/** A resource that ticks changes at least every two seconds. */
const betweenMs = 2_200;

/** What came of looking for resources. */
export interface Discovered {
  readonly resources: CoapResources;
  /** Links that the server lists. */
  readonly listed: number;
  /** Those that were read. */
  readonly read: number;
}

/**
 * Reads `/.well-known/core`, then the first of what it lists, and sorts these by what came back. It only reads. A server
 * that lists nothing has no resources that anybody knows of.
 */
export async function discoverResources(
  reader: CoapReader,
  { clock, signal }: Pick<Bench, "clock" | "signal">,
): Promise<Discovered> {
  const list = await readOrNothing(reader, ".well-known/core");
  const links = readLinks(list?.payload.toString("utf8") ?? "") ?? [];
  const all: ReadResource[] = [];
  for (const { link, path } of readable(links).slice(0, mostReads)) {
    const first = await readOrNothing(reader, path);
    all.push({ link, path, ...(first && { first }) });
  }
  const observable = all.filter(({ link, first }) => isObservable(link) && first !== undefined);
  if (observable.length > 0) await clock.sleep(betweenMs, signal);
  const later = new Map<string, Reading | undefined>();
  for (const { path } of observable) later.set(path, await readOrNothing(reader, path));
  const sorted = all.map((each): ReadResource => {
    const again = later.get(each.path);
    return again === undefined ? each : { ...each, later: again };
  });
  return { resources: sortResources(sorted), listed: links.length, read: all.length };
}

function readable(links: readonly WebLink[]): readonly { readonly link: WebLink; readonly path: string }[] {
  return links.flatMap((link) => {
    const path = pathOf(link);
    return path === undefined || path === ".well-known/core" ? [] : [{ link, path }];
  });
}

async function readOrNothing(reader: CoapReader, path: string): Promise<Reading | undefined> {
  try {
    return await reader.read(path, readWithinMs);
  } catch {
    // A resource that is not answered is none that a test could use.
    return undefined;
  }
}
