import type { DeviceServerKnobs } from "./device-server-knobs.ts";
import { fits, type WebLink, writeLinks } from "./link-format.ts";
import type { Registration } from "./registrations.ts";

type Paging = DeviceServerKnobs["lookupPaging"];

/** Entries of one page where lookups come in pages. */
const pageEntries = 10;

/** `rd-lookup/ep` (RFC 9176 §6.3): a link to each registration. */
export function lookupEndpoints(all: readonly Registration[], query: readonly string[], paging: Paging): string {
  return writeLinks(paged(all.map(endpointLink).filter(fitsAll(query)), query, paging));
}

/** `rd-lookup/res`: the registered links, resolved against the base of their registration. */
export function lookupResources(all: readonly Registration[], query: readonly string[], paging: Paging): string {
  const links = all.flatMap((registration) => {
    const endpoint = endpointLink(registration);
    return registration.links
      .map((link) => resolved(link, registration.base))
      .filter((link) => asksOf(query).every((part) => fits(link, part) || fits(endpoint, part)));
  });
  return writeLinks(paged(links, query, paging));
}

function endpointLink({ id, ep, d, base, isLwm2m }: Registration): WebLink {
  return {
    target: `/rd/${id}`,
    attributes: [
      ["ep", ep],
      ...(d === "" ? [] : ([["d", d]] as const)),
      ["base", base],
      ["rt", isLwm2m ? "core.rd-ep oma.lwm2m" : "core.rd-ep"],
    ],
  };
}

/** RFC 9176 §6.1: the anchor makes clear whose resource it is. */
function resolved({ target, attributes }: WebLink, base: string): WebLink {
  const whole = URL.canParse(target, base) ? new URL(target, base).href : target;
  return { target: whole, attributes: [...attributes, ["anchor", base]] };
}

/** Parts of the query that are filters. */
function asksOf(query: readonly string[]): readonly string[] {
  return query.filter((part) => !/^(page|count)=/.test(part));
}

function fitsAll(query: readonly string[]): (link: WebLink) => boolean {
  return (link) => asksOf(query).every((part) => fits(link, part));
}

function paged(links: readonly WebLink[], query: readonly string[], paging: Paging): readonly WebLink[] {
  const number = (name: string) => {
    const text = query.find((part) => part.startsWith(`${name}=`))?.slice(name.length + 1) ?? "";
    return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
  };
  const most = paging === "pages" ? pageEntries : links.length;
  const count = Math.min(number("count") ?? most, most);
  const from = (number("page") ?? 0) * count;
  return links.slice(from, from + count);
}
