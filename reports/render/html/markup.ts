import { visible } from "../text/visible.ts";

/** Text that is markup already. Made by {@link html}, and by hand only from literals of ours, never from a record. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What may stand in a template: nothing, values to be escaped, finished markup, or lists of these. */
export type Part = string | number | false | undefined | Markup | readonly Part[];

/**
 * Builds HTML, SVG or XML. Whatever is not {@link Markup} is escaped for text and for quoted attributes, with unseen
 * characters spelled out, so no string of a device or broker can become a tag. Attribute values must stand in quotes.
 */
export function html(literals: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(literals.map((literal, at) => literal + textOf(parts[at])).join(""));
}

function textOf(part: Part): string {
  if (part === undefined || part === false) return "";
  if (part instanceof Markup) return part.text;
  if (typeof part === "object") return part.map(textOf).join("");
  return escaped(String(part));
}

const entities = new Map([
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
  ['"', "&quot;"],
  ["'", "&#39;"],
]);

function escaped(text: string): string {
  return visible(text).replaceAll(/[&<>"']/g, (character) => entities.get(character) ?? "");
}
