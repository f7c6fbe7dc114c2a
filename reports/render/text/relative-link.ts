/**
 * A path with `/` as the address of a link that stays relative, whatever the path holds: it cannot name a scheme or a
 * host, nor end an attribute or a Markdown link. `../` is kept.
 */
export function relativeLink(path: string): string {
  const segments = path
    .toWellFormed()
    .split("/")
    .filter((segment) => segment !== "" && segment !== ".");
  return `./${segments.map(encoded).join("/")}`;
}

/** A relative link that stays below the folder of the page. */
export function inwardLink(path: string): string {
  return relativeLink(
    path
      .split("/")
      .filter((segment) => segment !== "..")
      .join("/"),
  );
}

function encoded(segment: string): string {
  return encodeURIComponent(segment).replaceAll(
    /[!'()*]/g,
    (character) => `%${(character.codePointAt(0) ?? 0).toString(16)}`,
  );
}
