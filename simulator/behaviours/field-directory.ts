import { readLinks } from "../coap-server/link-format.ts";

/** Entries that are asked for at once; a directory may give fewer, or all. */
const pageEntries = 10;
/** Pages of one look; more devices than that are not served. */
const mostPages = 25;
const resource = "rd-lookup/ep";

/** One look into a resource directory (RFC 9176 §6), page by page. */
export class DirectoryLook {
  readonly #found = new Set<string>();
  #page = 0;

  /** The path to read next. */
  get path(): string {
    return `${resource}?page=${this.#page}&count=${pageEntries}`;
  }

  /** Endpoint names so far. */
  get found(): ReadonlySet<string> {
    return this.#found;
  }

  /** Takes the page that was read: whether there is another, all were read, or this was no list of links. */
  take(payload: string): "goes-on" | "complete" | "unreadable" {
    const links = readLinks(payload);
    if (links === undefined) return "unreadable";
    const before = this.#found.size;
    for (const { attributes } of links) {
      const [, name = ""] = attributes.find(([attribute]) => attribute === "ep") ?? [];
      if (name !== "") this.#found.add(name);
    }
    this.#page++;
    // A directory that knows no pages gives the same again and again.
    const goesOn = links.length >= pageEntries && this.#found.size > before && this.#page < mostPages;
    return goesOn ? "goes-on" : "complete";
  }
}

/** Whether a path is one of {@link DirectoryLook}. */
export function isLook(path: string): boolean {
  return path.startsWith(`${resource}?`);
}
