import type { CatalogueResult, Report } from "#contract/report.ts";
import { type UntestedGroup, untestedGroups } from "../text/untested-groups.ts";
import { counted, percent, sentence } from "../text/words.ts";
import { checkAnchor } from "./anchors.ts";
import { html, type Markup } from "./markup.ts";

/** What this report says nothing about, with reasons and how much it weighs. */
export function untestedList(report: Report): Markup {
  const groups = untestedGroups(report);
  const { outOfReach, notApplicable } = report;
  const named = (ids: readonly string[]) =>
    report.principles
      .flatMap(({ practices }) => practices.flatMap(({ checks }) => checks))
      .filter(({ id }) => ids.includes(id));
  return html`<section aria-labelledby="untested"><h2 id="untested">Not tested</h2>
<p class="lead">What was not tested earns nothing and stays in the denominator.</p>
${groups.length === 0 ? html`<p>Every applicable question was put.</p>` : groups.map(groupBlock)}
<h3>Out of reach at this fidelity: ${outOfReach.checks.length}</h3>
<p class="small soft">Outside the plan; ${percent(outOfReach.weightShare)} of the weight of the catalogue.</p>
<ul class="reasons small">${named(outOfReach.checks).map(reasoned)}</ul>
<h3>Not applicable: ${notApplicable.checks.length}</h3>
<p class="small soft">Taken out by a rule over declared facts; ${percent(notApplicable.weightShare)} of the weight of the catalogue. A failure would bring a question back.</p>
<ul class="reasons small">${named(notApplicable.checks).map(reasoned)}</ul></section>`;
}

function groupBlock({ because, checks, weightShare }: UntestedGroup): Markup {
  return html`<details><summary>${sentence(because)}: ${counted(checks.length, "question")}, ${percent(weightShare)} of the weight</summary>
<ul class="reasons small">${checks.map(({ id, asserts }) => html`<li><a href="#${checkAnchor(id)}">${id}</a>: ${asserts}</li>`)}</ul></details>`;
}

function reasoned({ id, asserts, because }: CatalogueResult): Markup {
  return html`<li><a href="#${checkAnchor(id)}">${id}</a>: ${asserts}. ${because !== undefined && `${sentence(because)}.`}</li>`;
}
