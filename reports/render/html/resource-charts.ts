import { line } from "d3-shape";
import type { ResourceUse } from "#contract/report.ts";
import { type Used, usesOf } from "../text/resource-words.ts";
import { sentence } from "../text/words.ts";
import { html, type Markup } from "./markup.ts";
import { timeAxis, timeScale } from "./time-axis.ts";
import { wideTable } from "./wide-table.ts";

const height = 70;
const mostPoints = 180;

/** What the target used while the run went on, quantity by quantity. */
export function resourceCharts(resources: readonly ResourceUse[] = []): Markup | false {
  const uses = usesOf(resources);
  if (uses.length === 0) return false;
  const endMs = Math.max(1, ...resources.map(({ atMs }) => atMs));
  return html`<section aria-labelledby="resources"><h2 id="resources">What the target used</h2>
<p class="lead">Time counts from the beginning of the run; each chart begins at nothing.</p>
${uses.map((used, at) => chart(used, endMs, `used-${at}`))}
<details class="data"><summary>The same as a table</summary>${wideTable("used", table(uses))}</details></section>`;
}

function chart({ actor, name, points, least, median, most, say }: Used, endMs: number, id: string): Markup {
  const says = `between ${say(least)} and ${say(most)}, ${say(median)} in the median`;
  const top = most > 0 ? most : 1;
  const path = line<Used["points"][number]>(
    ({ atMs }) => (atMs / endMs) * 1_000,
    ({ value }) => 100 - (value / top) * 100,
  )(thinned(points));
  return html`<figure><figcaption><strong>${sentence(name)}</strong> of ${actor.replace(/^target:/, "")}: ${says}.</figcaption>
<svg role="img" aria-labelledby="${id}" height="${height + 24}"><title id="${id}">${sentence(name)} over time: ${says}; the table below holds the same.</title>
${timeAxis(timeScale(endMs), height)}
<svg width="100%" height="${height}" viewBox="0 0 1000 100" preserveAspectRatio="none"><path class="grid" d="M0 0H1000M0 100H1000" fill="none" vector-effect="non-scaling-stroke"/>
<path d="${path ?? ""}" fill="none" stroke="var(--proven)" stroke-width="2" vector-effect="non-scaling-stroke"/></svg>
<text x="2" y="12">${say(most)}</text></svg></figure>`;
}

/** The highest point of each stretch, so that no peak is thinned away. */
function thinned(points: Used["points"]): Used["points"] {
  const each = Math.ceil(points.length / mostPoints);
  if (each <= 1) return points;
  return Array.from({ length: Math.ceil(points.length / each) }, (_, at) => {
    const stretch = points.slice(at * each, (at + 1) * each);
    return { atMs: stretch[0]?.atMs ?? 0, value: Math.max(...stretch.map(({ value }) => value)) };
  });
}

function table(uses: readonly Used[]): Markup {
  return html`<table><caption id="used">What was used over the run</caption><thead><tr><th scope="col">what</th><th scope="col">by</th><th scope="col" class="number">least</th><th scope="col" class="number">median</th><th scope="col" class="number">most</th></tr></thead>
<tbody>${uses.map(({ name, actor, least, median, most, say }) => html`<tr><th scope="row">${name}</th><td>${actor}</td><td class="number">${say(least)}</td><td class="number">${say(median)}</td><td class="number">${say(most)}</td></tr>\n`)}</tbody></table>`;
}
