import { html, type Markup } from "./markup.ts";

/** Style of {@link wideTable}; only pages that have one carry it. */
export const wideTableStyle =
  ".wide{overflow-x:auto}.wide table{min-width:40rem}.wide :is(th,td){overflow-wrap:break-word}@media print{.wide{overflow:visible}.wide table{min-width:0}}";

/** A table that scrolls by itself where the screen is narrow, so that the page need not; the keyboard reaches it too. `labelledBy` is the id of its caption. */
export function wideTable(labelledBy: string, table: Markup): Markup {
  return html`<div class="wide" role="region" aria-labelledby="${labelledBy}" tabindex="0">${table}</div>`;
}
