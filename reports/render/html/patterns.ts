import { html, type Markup } from "./markup.ts";

/**
 * Fills that can be told apart without colour: failed is cross-hatched, unproven striped thinly. Defined once for
 * every chart of the page; the sheet itself takes no room, but must not be `display: none`, or the fills are lost.
 */
export const patterns: Markup = html`<svg width="0" height="0" style="position:absolute" aria-hidden="true" focusable="false"><defs>
<pattern id="failed" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6" fill="var(--failed)"/><path d="M0 6 6 0M-1 1 1-1M5 7 7 5" stroke="var(--card)" stroke-width="1.4"/></pattern>
<pattern id="unproven" width="7" height="7" patternUnits="userSpaceOnUse"><rect width="7" height="7" fill="var(--card)"/><path d="M0 0 7 7M-1 6 1 8M6-1 8 1" stroke="var(--hatch)" stroke-width="1.2"/></pattern>
</defs></svg>`;

/** A small sample of a fill for a legend. */
export function swatch(fill: string): Markup {
  return html`<svg aria-hidden="true" focusable="false"><rect width="26" height="12" rx="2" fill="${fill}" stroke="var(--hatch)"/></svg>`;
}

/** A small sample of a line for a legend. */
export function lineSwatch(stroke: string, dashes = "none"): Markup {
  return html`<svg aria-hidden="true" focusable="false"><path d="M0 6H26" stroke="${stroke}" stroke-width="2.5" stroke-dasharray="${dashes}"/></svg>`;
}

/** The three fills of every bar. */
export const barLegend: Markup = html`<ul class="legend">
<li>${swatch("var(--proven)")}proven (solid)</li><li>${swatch("url(#failed)")}failed (hatched)</li><li>${swatch("url(#unproven)")}unproven (striped)</li></ul>`;
