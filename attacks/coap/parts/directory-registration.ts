import type { Ground } from "#contract/attack.ts";
import { code, isSuccess } from "#simulator/coap/code.ts";
import { contentFormat, option, optionNumber } from "#simulator/coap/option.ts";
import type { CoapReply } from "#simulator/coap/reply.ts";
import type { Asker, Order } from "./access-asker.ts";
import { readText } from "./access-rightful.ts";

/** What is registered at a resource directory (RFC 9176 §5). */
export interface Entry {
  readonly ep: string;
  /** Where it says its resources are, a URI. */
  readonly base: string;
  /** In the link-format of RFC 6690. */
  readonly links: string;
  /** Version of LwM2M, for a registration as an LwM2M client; a plain directory entry without. */
  readonly lwm2m?: string;
  /** Seconds; 90 unless told otherwise. What is left by a test that was cut off goes by itself after that. */
  readonly lifetimeS?: number;
}

const usualLifetimeS = 90;

/** The request that registers. @param at path of the registration resource. */
export function registration(at: string, { ep, base, links, lwm2m, lifetimeS = usualLifetimeS }: Entry): Order {
  const version = lwm2m === undefined ? "" : `&lwm2m=${lwm2m}`;
  return {
    code: code.post,
    // Directories after early drafts (libcoap's) know an endpoint by `h`; for others that is one more attribute.
    path: `${at}?ep=${ep}&h=${ep}&lt=${lifetimeS}&base=${base}${version}`,
    payload: links,
    options: [option(optionNumber.contentFormat, contentFormat.link)],
  };
}

/** Where the directory put a registration; undefined where it was not taken. */
export function locationIn(reply: CoapReply | undefined): string | undefined {
  if (reply === undefined || !isSuccess(reply.code)) return undefined;
  const segments = reply.options.filter(({ number }) => number === optionNumber.locationPath);
  return segments.length === 0 ? undefined : segments.map(({ value }) => value.toString()).join("/");
}

/** Registers, and gives the location. Throws where that is not taken. */
export async function mustRegister(asker: Asker, at: string, entry: Entry, withinMs: number): Promise<string> {
  const reply = await asker.ask(registration(at, entry), withinMs);
  const location = locationIn(reply);
  if (location === undefined) throw new Error(`the ${asker.who} could not register ${entry.ep} at /${at}`);
  return location;
}

/**
 * What the directory says of an endpoint, to who may look it up: its base and links. Where no lookup is known, what lies at
 * the registration itself. Undefined where that cannot be seen.
 */
export async function seenOf(
  reader: Asker,
  { resources }: Pick<Ground, "resources">,
  entry: { readonly ep: string; readonly location: string },
  withinMs: number,
): Promise<string | undefined> {
  const { endpoints, resources: links } = resources?.lookup ?? {};
  const paths = [endpoints, links].filter((path) => path !== undefined);
  if (paths.length === 0) return readText(reader, entry.location, withinMs);
  const texts: string[] = [];
  for (const path of paths) {
    const text = await readText(reader, `${path}?ep=${entry.ep}`, withinMs);
    if (text === undefined) return undefined;
    texts.push(text);
  }
  return texts.join(",");
}

/**
 * Lets a registration run out, as well as it can be done. Not by DELETE: coap-rd of libcoap 4.3.1 dies of one (a double
 * free), and what a test only tidies up should not be what it finds.
 */
export async function unregister(asker: Asker, location: string, withinMs: number): Promise<void> {
  await asker.ask({ code: code.post, path: `${location}?lt=1` }, withinMs).catch(() => {});
}
