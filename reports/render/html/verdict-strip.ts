import { scaleLinear } from "d3-scale";
import type { Gate, Report, Score } from "#contract/report.ts";
import { principles } from "../../principles/principles.ts";
import { counted, percent, points, sentence, verdictWords } from "../text/words.ts";
import { checkAnchor } from "./anchors.ts";
import { html, type Markup } from "./markup.ts";
import { verdictChip } from "./verdict-chip.ts";

/** The answer in one look: verdict, score with its gates, coverage and counts. */
export function verdictStrip(report: Report): Markup {
  const { verdict, counts, outOfReach, notApplicable, score, header, fidelity } = report;
  return html`<section class="strip" aria-labelledby="verdict">
<h2 id="verdict">Verdict ${verdictChip(verdict)}</h2>
${header.state !== "completed" && html`<p><strong>The run did not complete</strong> (${header.ended?.message ?? `it is ${header.state}`}), so it is at best inconclusive: its failures stand, its passes prove nothing.</p>`}
${score === undefined ? html`<p class="soft">One run of a scenario gives verdicts. A score belongs to a full assessment of a product.</p>` : scored(score)}
${knownFailures(report)}
<ul class="counts" aria-label="Questions of the catalogue by verdict">
${verdictWords.map((each) => html`<li class="${each.verdict}"><b>${counts[each.verdict]}</b> <span aria-hidden="true">${each.sign}</span> ${each.word}${each.verdict === "not-applicable" && notApplicable.checks.length > 0 && ` (${percent(notApplicable.weightShare)} of weight)`}</li>\n`)}
</ul>
<p class="small soft">${outOfReach.checks.length} more are out of reach of a ${fidelity} target (${percent(outOfReach.weightShare)} of the weight of the catalogue).</p>
</section>`;
}

function scored(score: Score): Markup {
  const { proven, possible, coverage, letter, ungradedBecause, gates } = score;
  return html`<dl class="figures">
<div><dt>Proven, of 100</dt><dd>${points(proven)}</dd></div>
<div><dt>Possible at most</dt><dd>${points(possible)}</dd></div>
<div><dt>Covered</dt><dd>${percent(coverage)}</dd></div>
${letter === undefined ? html`<div><dt>Not graded</dt><dd class="words">${sentence(ungradedBecause ?? "")}</dd></div>` : html`<div><dt>Grade</dt><dd>${letter}</dd></div>`}
</dl>
${scoreBar(score)}
${gates.length > 0 && html`<ul class="gates">${gates.map(gateLine)}</ul>`}`;
}

/** What is proven, solid; what is still possible, striped; letters where their range begins; caps as marks. */
function scoreBar({ proven, possible, gates }: Score): Markup {
  const x = scaleLinear([0, 100], [0, 100]);
  const says = `${points(proven)} of 100 points are proven, up to ${points(possible)} are possible.`;
  const caps = [...new Set(gates.map(({ cap }) => cap))];
  return html`<svg role="img" aria-labelledby="score-title" height="58"><title id="score-title">${says}</title>
<rect x="0" y="8" width="100%" height="22" rx="4" fill="var(--paper)" stroke="var(--line)"/>
<rect x="${x(proven)}%" y="8" width="${x(Math.max(0, possible - proven))}%" height="22" fill="url(#unproven)" stroke="var(--hatch)"/>
<rect x="0" y="8" width="${x(proven)}%" height="22" fill="var(--proven)"/>
${caps.map((cap) => html`<line x1="${x(cap)}%" x2="${x(cap)}%" y1="2" y2="36" stroke="var(--failed)" stroke-width="2.5" stroke-dasharray="3 2"/>`)}
${principles.scoring.letters
  .filter(({ from }) => from > 0)
  .map(
    ({ letter, from }) =>
      html`<line class="grid" x1="${x(from)}%" x2="${x(from)}%" y1="30" y2="36"/><text x="${x(from)}%" y="52" text-anchor="middle">${letter} ${from}</text>`,
  )}</svg>`;
}

function gateLine({ id, cap, bound, because, lifts }: Gate): Markup {
  const shown = lifts.slice(0, 2);
  return html`<li>Capped at ${cap} (${id}, ${bound}): ${because}. Lifted by ${shown.map((check, at) => html`${at > 0 && ", "}<a href="#${checkAnchor(check)}">${check}</a>`)}${lifts.length > shown.length && ` and ${lifts.length - shown.length} more`}.</li>`;
}

/** Failures of critical weight in words, so that nobody has to look for them. */
function knownFailures({ principles: all }: Report): Markup | false {
  const failed = all
    .flatMap(({ practices }) => practices.flatMap(({ checks }) => checks))
    .filter(({ verdict, criticality }) => verdict === "fail" && criticality === "critical");
  if (failed.length === 0) return false;
  return html`<p><strong>${counted(failed.length, "critical failure")}.</strong> ${failed.map(({ id, asserts, findings }) => html`<a href="#${checkAnchor(id)}">${sentence(findings.find(({ verdict }) => verdict === "fail")?.says ?? asserts)}</a>. `)}</p>`;
}
