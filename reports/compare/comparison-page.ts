import type { Verdict } from "#contract/check.ts";
import { html, type Markup } from "../render/html/markup.ts";
import { page } from "../render/html/page.ts";
import { verdictChip, verdictTally } from "../render/html/verdict-chip.ts";
import { wideTable, wideTableStyle } from "../render/html/wide-table.ts";
import { shareWithin, timeWithin, windowWord } from "../render/text/load-words.ts";
import { relativeLink } from "../render/text/relative-link.ts";
import { sentence, verdictWords, wordOf } from "../render/text/words.ts";
import type { Cell, Column, Comparison, Group, LoadCell, LoadRow, Row } from "./comparison.ts";
import { differing, nothingDiffers, standingWords, unsound } from "./comparison-words.ts";

/** Wide tables scroll by themselves, so that the page does not. */
const ownStyle = `.page{max-width:76rem}.wide th[scope=row]{min-width:14rem;font-weight:400}
.wide td{min-width:7rem}.mark{display:block;font-size:.875rem;font-weight:650;color:var(--warn)}tr.differ{background:var(--card)}tbody th[scope=rowgroup]{padding-top:1.1rem}
.says{list-style:none;padding:0}.says li{margin:.25rem 0}td a:has(.chip){text-decoration:none}`;

/** One page without scripts or outside resources: where targets differ, and every question on every target. */
export function pageOf(comparison: Comparison): Markup {
  const { title, columns, groups } = comparison;
  return page({
    title: `${columns.length} targets compared: ${title}`,
    style: wideTableStyle + ownStyle,
    subject: "comparison",
    head: html`<header><p class="eyebrow">seatrial · comparison</p><h1>${title}</h1>
<ul class="facts">${columns.map(({ product, name }) => html`<li>${product} (${name})</li>`)}</ul></header>`,
    content: html`${caveats(comparison)}
${differences(comparison)}
${groups.length > 0 && questions(comparison)}
${loadTable(comparison)}
${unasked(comparison)}`,
    foot: "Made by seatrial. Verdicts stand for one run on one target each; the same facts as data: comparison.json.",
  });
}

function caveats({ notes, leftOut }: Comparison): Markup | false {
  if (notes.length + leftOut.length === 0) return false;
  return html`<section aria-labelledby="caveats"><h2 id="caveats">Before comparing</h2><ul>
${notes.map((note) => html`<li>${note}</li>\n`)}${leftOut.map(({ target, because, hint }) => html`<li>${target} could not be started: ${because}. ${hint}</li>\n`)}</ul></section>`;
}

function differences({ columns, groups }: Comparison): Markup {
  const rows = differing(groups.flatMap((group) => group.rows));
  return html`<section aria-labelledby="differ"><h2 id="differ">Where they differ</h2>
${rows.length === 0 ? html`<p>${nothingDiffers}</p>` : rows.map((row) => difference(row, columns))}</section>`;
}

function difference({ asks, cells }: Row, columns: readonly Column[]): Markup {
  const lines = columns.flatMap((column, at) => {
    const cell = cells[at];
    return cell === undefined
      ? []
      : [html`<li>${linked(cell, column)} <strong>${column.name}</strong>: ${sentence(cell.says)}</li>\n`];
  });
  return html`<h3>${sentence(asks)}</h3><ul class="says">${lines}</ul>`;
}

function questions(comparison: Comparison): Markup {
  return html`<section aria-labelledby="questions"><h2 id="questions">Every question on every target</h2>
<p class="lead">Each verdict leads to the report of its run.</p>
${wideTable("verdicts", questionTable(comparison))}</section>`;
}

function questionTable({ columns, groups }: Comparison): Markup {
  return html`<table><caption id="verdicts">Verdicts by question and target</caption>
<thead><tr><th scope="col">question</th>${columns.map(head)}</tr></thead>
${groups.map((group) => body(group, columns))}
<tbody><tr><th scope="row">Together</th>${columns.map(({ counts }) => html`<td>${verdictTally(spread(counts))}</td>`)}</tr>
<tr><th scope="row">Verdict of the run</th>${columns.map(({ verdict }) => html`<td>${verdictChip(verdict)}</td>`)}</tr></tbody></table>`;
}

function head({ name, product, href, state }: Column): Markup {
  const title = href === undefined ? html`${name}` : html`<a href="${relativeLink(href)}">${name}</a>`;
  return html`<th scope="col">${title}<br><span class="small soft">${product}${state !== "completed" && `, ${state}`}</span></th>`;
}

function body({ title, rows }: Group, columns: readonly Column[]): Markup {
  return html`<tbody><tr><th scope="rowgroup" colspan="${columns.length + 1}">${title}</th></tr>
${rows.map(({ asks, id, kind, standing, cells }) => {
  const mark = standingWords[standing];
  return html`<tr class="${standing}"><th scope="row">${mark !== "" && html`<span class="mark">${mark}</span>`}${sentence(asks)}${kind === "check" && html` <code>${id}</code>`}</th>${columns.map((column, at) => verdictCell(cells[at], column, id))}</tr>\n`;
})}</tbody>`;
}

function verdictCell(cell: Cell | undefined, column: Column, id: string): Markup {
  return html`<td>${cell === undefined ? html`<span class="small soft">not in its report</span>` : linked(cell, column, id)}</td>`;
}

/** @param id tells this link from the others that are called after the same verdict */
function linked({ verdict, anchor }: Cell, { name, href }: Column, id?: string): Markup {
  if (href === undefined) return verdictChip(verdict);
  const called = id !== undefined && html` aria-label="${wordOf(verdict).word}: ${name}, ${id}"`;
  return html`<a href="${relativeLink(href)}#${anchor}"${called}>${verdictChip(verdict)}</a>`;
}

function spread(counts: Column["counts"]): readonly Verdict[] {
  return verdictWords.flatMap(({ verdict }) => Array.from({ length: counts[verdict] }, () => verdict));
}

function loadTable({ columns, loads }: Comparison): Markup | false {
  if (loads.length === 0) return false;
  return html`<section aria-labelledby="loads"><h2 id="loads">Honest clients under load</h2>
<p class="lead">Share of operations that succeeded, and the time that they took in milliseconds, each with its 95 % interval.</p>
${wideTable(
  "got",
  html`<table><caption id="got">What clients got by load and target</caption>
<thead><tr><th scope="col">load</th>${columns.map(({ name }) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${loads.map((row) => html`<tr><th scope="row">${loadName(row)}</th>${row.cells.map(loadCell)}</tr>\n`)}</tbody></table>`,
)}</section>`;
}

function loadName({ load, window, operation }: LoadRow): Markup {
  return html`<code>${load}</code> ${windowWord(window)}: ${operation}`;
}

function loadCell(cell: LoadCell | undefined): Markup {
  if (cell === undefined) return html`<td><span class="small soft">not run</span></td>`;
  const { availability, p50, p95, p99, sound } = cell;
  return html`<td>${availability && shareWithin(availability)}${p50 && html`<br>p50 ${timeWithin(p50)}`}${p95 && html`<br>p95 ${timeWithin(p95)}`}${p99 && html`<br>p99 ${timeWithin(p99)}`}${!sound && html`<br><strong>${unsound}</strong>`}</td>`;
}

function unasked({ unasked: ids }: Comparison): Markup | false {
  if (ids.length === 0) return false;
  return html`<section aria-labelledby="unasked"><h2 id="unasked">Put to none of them</h2>
<p class="lead">What was not tested says nothing about any target.</p><ul class="chips">${ids.map((id) => html`<li>${id}</li>`)}</ul></section>`;
}
