import { scaleLinear } from "d3-scale";
import type { PrincipleResult } from "#contract/report.ts";
import { percent } from "../text/words.ts";
import { html, type Markup } from "./markup.ts";
import { barLegend } from "./patterns.ts";

/** One bar for each principle: shares of weight that are proven, failed and unproven. */
export function principleBars(principles: readonly PrincipleResult[]): Markup {
  return html`<section aria-labelledby="principles">
<h2 id="principles">The six principles</h2>
<p class="lead">Shares of each principle's questions, by weight.</p>
${barLegend}
<ul class="bars">${principles.map(bar)}</ul>
<details class="data"><summary>The same as a table</summary>${table(principles)}</details>
</section>`;
}

function bar({ id, title, question, shares }: PrincipleResult): Markup {
  const x = scaleLinear([0, 1], [0, 100]);
  const says = `${id}: ${percent(shares.proven)} proven, ${percent(shares.failed)} failed, ${percent(shares.unproven)} unproven.`;
  return html`<li><h3><a href="#${id}">${id}</a> ${title}</h3><p class="soft small">${question}</p>
<svg role="img" aria-labelledby="${id}-bar" height="20"><title id="${id}-bar">${says}</title>
<rect x="${x(shares.proven + shares.failed)}%" width="${x(shares.unproven)}%" height="20" fill="url(#unproven)"/>
<rect x="${x(shares.proven)}%" width="${x(shares.failed)}%" height="20" fill="url(#failed)"/>
<rect x="0" width="${x(shares.proven)}%" height="20" fill="var(--proven)"/>
<rect width="100%" height="20" fill="none" stroke="var(--hatch)"/></svg>
<p class="small tally"><span>${percent(shares.proven)} proven</span><span>${percent(shares.failed)} failed</span><span>${percent(shares.unproven)} unproven</span></p></li>`;
}

function table(principles: readonly PrincipleResult[]): Markup {
  return html`<table><caption>Shares of weight by principle</caption>
<thead><tr><th scope="col">principle</th><th scope="col" class="number">proven</th><th scope="col" class="number">failed</th><th scope="col" class="number">unproven</th></tr></thead>
<tbody>${principles.map(({ id, shares }) => html`<tr><th scope="row">${id}</th><td class="number">${percent(shares.proven)}</td><td class="number">${percent(shares.failed)}</td><td class="number">${percent(shares.unproven)}</td></tr>`)}</tbody></table>`;
}
