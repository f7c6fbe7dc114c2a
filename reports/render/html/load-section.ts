import type { Estimate, LoadResult, LoadWindow } from "#contract/report.ts";
import { generatorSentence, shareWithin, timeWithin, windowName } from "../text/load-words.ts";
import { inwardLink } from "../text/relative-link.ts";
import { html, type Markup } from "./markup.ts";
import { wideTable } from "./wide-table.ts";

/** What honest clients of each load got, whether the numbers are the target's, and who counted what. */
export function loadSection(loads: readonly LoadResult[]): Markup | false {
  if (loads.length === 0) return false;
  return html`<section aria-labelledby="loads"><h2 id="loads">Honest clients under load</h2>
<p class="lead">Shares and times with their 95 % intervals. A second on the border of two windows counts as during.</p>
${loads.map(loadBlock)}</section>`;
}

function loadBlock(load: LoadResult, at: number): Markup {
  const { skipped, windows, counted, dashboard } = load;
  const id = `load-${at}`;
  return html`<h3>${nameOf(load)}</h3>
${
  skipped !== undefined
    ? html`<p>Not tested: ${skipped.because}.${skipped.bring !== "" && html` Run <code>${skipped.bring}</code> and repeat the run.`}</p>`
    : html`<p>${generatorSentence(load)}</p>
${windows.length > 0 && wideTable(`${id}-got`, windowTable(load, `${id}-got`))}
${counted.length > 0 && wideTable(`${id}-counted`, countedTable(load, `${id}-counted`))}
${dashboard !== undefined && html`<p><a href="${inwardLink(dashboard)}">The generator's own report</a></p>`}`
}`;
}

/** `mqtt.connect-storm#2` */
function nameOf({ actor }: LoadResult): string {
  return actor.slice("load:".length);
}

function windowTable(load: LoadResult, id: string): Markup {
  return html`<table><caption id="${id}">What clients of ${nameOf(load)} got; times in milliseconds</caption>
<thead><tr><th scope="col">window</th><th scope="col">operation</th><th scope="col" class="number">tried</th><th scope="col" class="number">succeeded</th><th scope="col" class="number">p50</th><th scope="col" class="number">p95</th><th scope="col" class="number">p99</th></tr></thead>
<tbody>${load.windows.map(rows)}</tbody></table>`;
}

function rows(window: LoadWindow): Markup {
  const name = windowName(window);
  return html`${window.operations.map(
    ({ operation, ok, failed, availability, p50, p95, p99 }) =>
      html`<tr><th scope="row">${name}</th><td>${operation}</td><td class="number">${ok + failed}</td><td class="number">${availability === undefined ? "nothing tried" : shareWithin(availability)}</td>${[p50, p95, p99].map(timeCell)}</tr>\n`,
  )}`;
}

function timeCell(time: Estimate | undefined): Markup {
  return html`<td class="number">${time === undefined ? "–" : timeWithin(time)}</td>`;
}

function countedTable(load: LoadResult, id: string): Markup {
  return html`<table><caption id="${id}">Packets of ${nameOf(load)} as each side counted them</caption>
<thead><tr><th scope="col">what</th><th scope="col" class="number">generator</th><th scope="col" class="number">lab</th><th scope="col" class="number">target</th><th scope="col">result</th></tr></thead>
<tbody>${load.counted.map(({ quantity, generator, lab, target, agree, says }) => html`<tr><th scope="row">${quantity}</th><td class="number">${generator}</td><td class="number">${lab}</td><td class="number">${target ?? "not counted"}</td><td>${!agree && html`<strong>differ</strong>: `}${says}</td></tr>\n`)}</tbody></table>`;
}
