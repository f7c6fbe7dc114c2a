import type { ExpectationResult } from "#contract/report.ts";
import { sentence } from "../text/words.ts";
import { html, type Markup } from "./markup.ts";
import { verdictChip } from "./verdict-chip.ts";

/** The bounds that the scenario sets, and how the run kept them. */
export function expectationTable(expectations: readonly ExpectationResult[]): Markup | false {
  if (expectations.length === 0) return false;
  return html`<section aria-labelledby="expected"><h2 id="expected">What the scenario expects</h2>
<table><caption>Bounds on what was measured</caption><thead><tr><th scope="col">bound</th><th scope="col">measured</th><th scope="col">verdict</th></tr></thead>
<tbody>${expectations.map(({ metric, bound, says, verdict }) => html`<tr><th scope="row"><code>${metric}</code> ${bound}</th><td>${sentence(says)}</td><td>${verdictChip(verdict)}</td></tr>`)}</tbody></table></section>`;
}
