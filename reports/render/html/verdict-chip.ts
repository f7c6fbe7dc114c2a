import type { Verdict } from "#contract/check.ts";
import { verdictWords, wordOf } from "../text/words.ts";
import { html, type Markup } from "./markup.ts";

/** A verdict as a sign and a word; the colour only repeats it. */
export function verdictChip(verdict: Verdict): Markup {
  const { sign, word } = wordOf(verdict);
  return html`<span class="chip ${verdict}"><span aria-hidden="true">${sign}</span> ${word}</span>`;
}

/** How often each verdict occurs, those that do not left out. */
export function verdictTally(verdicts: readonly Verdict[]): Markup {
  return html`<span class="tally">${verdictWords.map(({ verdict, word, sign }) => {
    const count = verdicts.filter((each) => each === verdict).length;
    return count > 0 && html`<span class="${verdict}"><span aria-hidden="true">${sign}</span> ${count} ${word}</span> `;
  })}</span>`;
}
