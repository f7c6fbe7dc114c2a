import type { Report } from "#contract/report.ts";
import { type Fix, fixFirst, gainOf } from "../text/fix-first.ts";
import { sentence } from "../text/words.ts";
import { checkAnchor } from "./anchors.ts";
import { html, type Markup } from "./markup.ts";

/** The ten failures that cost most, each with what to change and the line that shows whether it worked. */
export function fixFirstList(report: Report): Markup {
  const fixes = fixFirst(report);
  return html`<section aria-labelledby="fix"><h2 id="fix">What to fix first</h2>
${
  fixes.length === 0
    ? html`<p class="lead">Nothing that was put to the test failed. What is not yet proven is listed under <a href="#untested">not tested</a>.</p>`
    : html`<p class="lead">The dearest first. After the change, run the command again: the same question is put with the same seed.</p><ol class="fixes">${fixes.map(row)}</ol>`
}</section>`;
}

function row({ result, finding }: Fix): Markup {
  const { id, criticality } = result;
  return html`<li><div><p><strong>${sentence(finding.says)}.</strong></p>
<p class="small soft">${[...gainOf(result), `${criticality} criticality`].join(" · ")} · <a href="#${checkAnchor(id)}">${id}</a></p>
<p>${finding.remedy}</p><code class="command">${finding.command}</code></div></li>\n`;
}
