import type { CoapResources } from "#contract/coap.ts";
import { code } from "#simulator/coap/code.ts";
import type { WebLink } from "#simulator/coap-server/link-format.ts";
import type { Reading } from "./coap-reader.ts";

/** Longer than one block. */
const largeBytes = 1_024;
/** An answer that fits a datagram many times over. */
const smallBytes = 256;

/** A resource that a server lists, and what came of reading it: twice where it may be observed, some seconds apart. */
export interface ReadResource {
  readonly link: WebLink;
  /** Without the first slash. */
  readonly path: string;
  readonly first?: Reading;
  readonly later?: Reading;
}

/** What listed resources are good for, as far as reading them tells. What changes something is never guessed. */
export function sortResources(all: readonly ReadResource[]): CoapResources {
  const small = all.filter(
    ({ first }) => isContent(first) && first.payload.length > 0 && first.payload.length <= smallBytes,
  );
  const open = small.find(({ path }) => path !== "") ?? small[0];
  const large = all.find(({ first }) => isContent(first) && first.payload.length > largeBytes);
  const ticking = all.find(
    ({ first, later }) => isContent(first) && isContent(later) && !first.payload.equals(later.payload),
  );
  const ofType = (type: string) => all.find(({ link }) => wordsOf(link, "rt").includes(type))?.path;
  const directory = ofType("core.rd");
  const endpoints = ofType("core.rd-lookup-ep");
  const resources = ofType("core.rd-lookup-res");
  return {
    ...(open && { open: open.path }),
    sensitive: [],
    ...(ticking && { ticking: ticking.path }),
    ...(large && { large: large.path }),
    ...(directory !== undefined && { directory }),
    ...((endpoints !== undefined || resources !== undefined) && {
      lookup: { ...(endpoints !== undefined && { endpoints }), ...(resources !== undefined && { resources }) },
    }),
    ...(isLwm2m(all) && { lwm2m: true as const }),
  };
}

/** Whether the server says that this resource may be observed (RFC 7641 §6). */
export function isObservable({ attributes }: WebLink): boolean {
  return attributes.some(([name]) => name === "obs");
}

/** The path of a link to the server itself, without the first slash; undefined where it leads elsewhere. */
export function pathOf({ target }: WebLink): string | undefined {
  return /^\/(?!\/)(.*)$/s.exec(target)?.[1];
}

/** Device (3) and Server (1) are objects that every LwM2M client has. */
function isLwm2m(all: readonly ReadResource[]): boolean {
  return ["1", "3"].every((object) => all.some(({ path }) => path === object || path.startsWith(`${object}/`)));
}

function isContent(reading: Reading | undefined): reading is Reading {
  return reading?.code === code.content;
}

function wordsOf({ attributes }: WebLink, name: string): readonly string[] {
  return attributes.filter(([each]) => each === name).flatMap(([, value]) => value.split(" "));
}
