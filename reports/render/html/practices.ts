import type { CatalogueResult, Finding, PracticeResult, PrincipleResult, Report } from "#contract/report.ts";
import { percent, points, sentence } from "../text/words.ts";
import { checkAnchor, practiceAnchor } from "./anchors.ts";
import { evidenceLines } from "./evidence-lines.ts";
import { html, type Markup } from "./markup.ts";
import { verdictChip, verdictTally } from "./verdict-chip.ts";

/** Every practice with its checks, what was seen, and how to see it again. */
export function practiceSections(report: Report): Markup {
  return html`<section aria-labelledby="practices"><h2 id="practices">Practice by practice</h2>
<p class="lead">The 22 suggested practices in our words, each with the questions put to it. Those with failures stand open.</p>
${report.principles.map((principle) => principleSection(principle, report))}</section>`;
}

function principleSection({ id, title, practices, proven, possible }: PrincipleResult, report: Report): Markup {
  return html`<h3 id="${id}">${id} ${title}</h3>
${proven !== undefined && possible !== undefined && html`<p class="small soft">Value for the score: ${percent(proven)} proven, up to ${percent(possible)} possible.</p>`}
${practices.map((practice) => practiceDetails(practice, report))}`;
}

function practiceDetails(practice: PracticeResult, report: Report): Markup {
  const { id, name, paraphrase, limits, checks, crosswalk } = practice;
  const open = checks.some(({ verdict }) => verdict === "fail" || verdict === "error");
  return html`<details class="practice" id="${practiceAnchor(id)}"${open && html` open`}><summary><h4>${id} ${name}</h4>${verdictTally(checks.map(({ verdict }) => verdict))}</summary>
<div class="inside"><p>${paraphrase}</p><p class="small soft">What this cannot show: ${limits}</p>
${checks.map((check) => checkArticle(check, report))}
${crosswalk.length > 0 && html`<p class="small soft">Evidence here may be relevant to (by our own reading; ? marks a loose match):</p><ul class="chips">${crosswalk.map(({ standard, ids, uncertain }) => html`<li>${standard}: ${ids.map((each) => (uncertain.includes(each) ? `${each}?` : each)).join(", ")}</li>`)}</ul>`}
</div></details>\n`;
}

function checkArticle(check: CatalogueResult, report: Report): Markup {
  const { id, asserts, verdict, because, findings } = check;
  return html`<article class="check ${verdict}" id="${checkAnchor(id)}"><h5>${verdictChip(verdict)} ${sentence(asserts)}</h5>
<p class="meta">${metaOf(check, report)}</p>
${because !== undefined && html`<p>${sentence(because)}.</p>`}
${findings.map((finding) => findingBlock(finding, findings.length > 1 || finding.verdict !== verdict))}</article>`;
}

function metaOf(check: CatalogueResult, { header }: Report): string {
  const { id, criticality, evidence, requiredRung, dimensions, level, credit, pointsLost } = check;
  const impact = header.product === undefined ? dimensions.join(", ") : `${dimensions.join(", ")}, level ${level}`;
  const parts = [
    id,
    criticality,
    `${evidence} evidence (rung ${requiredRung})`,
    ...(dimensions.length > 0 ? [`harm: ${impact}`] : []),
    credit.low === credit.high ? `credit ${share(credit.low)}` : `credit ${share(credit.low)} to ${share(credit.high)}`,
    ...(pointsLost !== undefined && pointsLost > 0 ? [`worth ${points(pointsLost)} points alone`] : []),
  ];
  return parts.join(" · ");
}

const share = (value: number) => `${Math.floor(value * 100 + 1e-9) / 100}`;

/** @param own whether its verdict needs a chip of its own, because the check above has another or several */
function findingBlock(finding: Finding, own: boolean): Markup {
  const { verdict, says, asks, check, remedy, command, trials } = finding;
  if (verdict === "not-tested") {
    return html`<div class="finding"><p class="small soft">Would ask: ${asks} (<code>${check}</code>)</p><code class="command">${command}</code></div>`;
  }
  return html`<div class="finding"><p>${own && html`${verdictChip(verdict)} `}<strong>${sentence(says)}.</strong></p>
<p class="small soft">Asked: ${asks} (<code>${check}</code>)${trials !== undefined && ` · trials: ${trials.passed} passed of ${trials.run} run and ${trials.planned} planned`}</p>
${verdict === "fail" && html`<p>Remedy: ${remedy}</p>`}
<code class="command">${command}</code>
${evidenceLines(finding)}</div>`;
}
