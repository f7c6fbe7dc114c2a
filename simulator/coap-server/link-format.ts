/** One link of RFC 6690: target and attributes in their order; an attribute without a value has the empty one. */
export interface WebLink {
  readonly target: string;
  readonly attributes: readonly (readonly [string, string])[];
}

const link = /\s*<([^<>]*)>((?:\s*;\s*[\w!#$&+.^`|~*-]+(?:=(?:"(?:[^"\\]|\\.)*"|[^\s",;<>]+))?)*)\s*(,|$)/y;
const attribute = /;\s*([\w!#$&+.^`|~*-]+)(?:=(?:"((?:[^"\\]|\\.)*)"|([^\s",;<>]+)))?/g;

/** Reads a list of links; undefined where the text is none. */
export function readLinks(text: string): readonly WebLink[] | undefined {
  const links: WebLink[] = [];
  link.lastIndex = 0;
  while (link.lastIndex < text.length) {
    const match = link.exec(text);
    if (match === null) return undefined;
    const [, target = "", rest = ""] = match;
    const attributes = [...rest.matchAll(attribute)].map(
      ([, name = "", quoted, bare]) => [name, quoted?.replace(/\\(.)/g, "$1") ?? bare ?? ""] as const,
    );
    links.push({ target, attributes });
  }
  return links;
}

/** Writes a list of links. Numbers are not quoted, as RFC 6690 §2 demands of `sz`. */
export function writeLinks(links: readonly WebLink[]): string {
  return links
    .map(({ target, attributes }) => `<${target}>${attributes.map(([name, value]) => written(name, value)).join("")}`)
    .join(",");
}

function written(name: string, value: string): string {
  if (value === "") return `;${name}`;
  return /^\d+$/.test(value) ? `;${name}=${value}` : `;${name}="${value.replaceAll(/["\\]/g, "\\$&")}"`;
}

/**
 * Whether a link fits a query part such as `rt=core.rd*` (RFC 6690 §4.1): one of the words of the attribute is the value,
 * or begins with what stands before the asterisk. `href` is the target.
 */
export function fits({ target, attributes }: WebLink, part: string): boolean {
  const [name = "", wanted = ""] = part.split(/=(.*)/s);
  const values = attributes.filter(([each]) => each === name).flatMap(([, value]) => value.split(" "));
  const candidates = name === "href" ? [target] : values;
  return candidates.some((value) => (wanted.endsWith("*") ? value.startsWith(wanted.slice(0, -1)) : value === wanted));
}
