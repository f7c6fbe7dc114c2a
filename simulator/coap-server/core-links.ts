import { code } from "../coap/code.ts";
import type { Area } from "./area.ts";
import type { DeviceServerKnobs } from "./device-server-knobs.ts";
import { fits, type WebLink, writeLinks } from "./link-format.ts";
import type { Principal } from "./principal.ts";

/** So that the list stays one that can be read, with however many devices. */
const mostLinks = 500;

/** The body of `/.well-known/core` for this client (RFC 6690 §4). */
export function coreLinks(
  areas: readonly Area[],
  { discovery }: Pick<DeviceServerKnobs, "discovery">,
  by: Principal,
  query: readonly string[],
): string {
  const links: WebLink[] = [];
  for (const area of areas) {
    for (const { path, attributes } of area.links()) {
      if (links.length === mostLinks) break;
      if (discovery === "public-only" && area.refusal(path, by, code.get) !== undefined) continue;
      const link = { target: `/${path.join("/")}`, attributes: Object.entries(attributes) };
      if (query.every((part) => fits(link, part))) links.push(link);
    }
  }
  return writeLinks(links);
}
