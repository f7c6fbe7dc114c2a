import { type Option, option, optionNumber, pathOptions } from "#simulator/coap/option.ts";

/** A way to write a path that is not its own, though a careless server takes it for that. */
export interface Spelling {
  /** In words of a report: `the segments joined into one`. */
  readonly how: string;
  readonly options: readonly Option[];
}

/**
 * Spellings of a path (RFC 7252 §6.4: one option for each segment, no "." or "..", nothing percent-encoded, case counts).
 * @param path as in a URI, without the first slash; a query is left out.
 * @param own a path that whoever asks may use, for the ways that go through it.
 */
export function spellingsOf(path: string, own: string): readonly Spelling[] {
  const segments = (path.split("?")[0] ?? "").split("/");
  const [first = "", ...rest] = segments;
  const place = (own.split("?")[0] ?? "").split("/");
  const up = place.map(() => "..");
  const shared = commonOf(segments, place);
  const ways: readonly (readonly [string, readonly string[]])[] = [
    ["the segments joined into one", [segments.join("/")]],
    ["an empty segment in front", ["", ...segments]],
    ["an empty segment inside", [first, "", ...rest]],
    ["an empty segment at the end", [...segments, ""]],
    ["a dot segment inside", [first, ".", ...rest]],
    ["up from its own path", [...place, ...up, ...segments]],
    ["up from its own path, in one segment", [...place, [...up, ...segments].join("/")]],
    ["up from its own folder", [...place.slice(0, shared + 1), "..", ...segments.slice(shared)]],
    ["upper case", segments.map((segment) => segment.toUpperCase())],
    ["a slash percent-encoded", [segments.join("%2F")]],
    ["a letter percent-encoded", segments.map(encodedLetter)],
    ["a dot segment percent-encoded", [...place, ...up.map(() => "%2e%2e"), ...segments]],
    ["a NUL at the end", [...segments.slice(0, -1), `${segments.at(-1) ?? ""}\0`]],
    ["a parameter at the end", [...segments.slice(0, -1), `${segments.at(-1) ?? ""};x=1`]],
  ];
  return [
    ...ways
      .filter(([, way]) => way.join("\n") !== segments.join("\n"))
      .map(([how, way]) => ({ how, options: way.map((segment) => option(optionNumber.uriPath, segment)) })),
    {
      how: "its own path, the other one as a query",
      options: [...pathOptions(own), option(optionNumber.uriQuery, `path=/${path}`)],
    },
  ];
}

/** The path itself, at a host that the server is not. */
export function foreignHost(path: string): Spelling {
  const options = [option(optionNumber.uriHost, "localhost"), ...pathOptions(path)];
  return { how: "Uri-Host of somebody else", options };
}

function commonOf(one: readonly string[], other: readonly string[]): number {
  const differs = one.findIndex((segment, at) => segment !== other[at]);
  return differs === -1 ? Math.min(one.length, other.length) : differs;
}

function encodedLetter(segment: string): string {
  return segment === "" ? segment : `%${segment.charCodeAt(0).toString(16)}${segment.slice(1)}`;
}
