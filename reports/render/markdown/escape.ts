import { visible } from "../text/visible.ts";

/** Foreign text that shows as it is: no emphasis, link, mention, image, HTML or table cell comes out of it. */
export function plain(text: string): string {
  return oneLine(text)
    .replaceAll(/[&<>"'`*_[\]|\\~#$^{}!]/g, (character) => `&#${character.codePointAt(0) ?? 0};`)
    .replaceAll("@", "&#64;&#8203;")
    .replaceAll("://", "&#58;//")
    .replaceAll(/www\./gi, (found) => `${found.slice(0, 3)}&#46;`);
}

/** Foreign text in a code span; a table cell may hold it. */
export function code(text: string): string {
  const line = oneLine(text);
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  // A space inside keeps a backtick or blank at the edge from joining the fence.
  const padded = /^[` ]|[` ]$/.test(line) || line === "" ? ` ${line} ` : line;
  return `${fence}${padded.replaceAll("|", "\\|")}${fence}`;
}

function oneLine(text: string): string {
  return visible(text).replaceAll(/[\n\t]+/g, " ");
}
