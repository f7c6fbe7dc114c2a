import { type ScaleLinear, scaleLinear } from "d3-scale";
import { duration } from "../text/words.ts";
import { html, type Markup } from "./markup.ts";

/** Places a time in percent of the width, so that charts stretch while their text does not. */
export function timeScale(endMs: number): ScaleLinear<number, number> {
  return scaleLinear([0, Math.max(1, endMs)], [0, 100]);
}

/** Grid lines over the height of a chart and their times below it. */
export function timeAxis(x: ScaleLinear<number, number>, height: number): Markup {
  const ticks = x.ticks(5);
  return html`${ticks.map(
    (tick) =>
      html`<line class="grid" x1="${x(tick)}%" x2="${x(tick)}%" y1="0" y2="${height}"/><text x="${x(tick)}%" y="${height + 15}" text-anchor="${anchorAt(x(tick))}">${duration(tick)}</text>`,
  )}`;
}

/** Labels at the edges lean inwards. */
function anchorAt(place: number): string {
  if (place < 4) return "start";
  return place > 94 ? "end" : "middle";
}
