import { curveStepAfter, line } from "d3-shape";
import type { Recovery } from "#contract/report.ts";
import { duration, percent } from "../text/words.ts";
import { html, type Markup } from "./markup.ts";
import { timeAxis, timeScale } from "./time-axis.ts";

const height = 150;

/** How the fleet came back after each severing disruption: the share back over time, with t50, t90 and t99. */
export function recoveryCurves(recoveries: readonly Recovery[]): Markup | false {
  if (recoveries.length === 0) return false;
  return html`<section aria-labelledby="recovery"><h2 id="recovery">How the fleet came back</h2>
<p class="lead">Time counts from the moment the disruption was lifted, to a tenth of a second.</p>
${recoveries.map(curve)}</section>`;
}

function curve(recovery: Recovery, at: number): Markup {
  const { title, curve: points, watchedMs, peakTenth } = recovery;
  return html`<figure><h3>${title}</h3><figcaption>${finding(recovery)} At most ${percent(peakTenth)} of the fleet tried to connect within one tenth of a second.</figcaption>
${chart(recovery, `recovery-${at}`)}
<details class="data"><summary>The same as a table</summary><table><caption>Share of the fleet back, and when it first was; watched for ${duration(watchedMs)}</caption>
<thead><tr><th scope="col" class="number">back</th><th scope="col" class="number">after</th></tr></thead>
<tbody>${shares.map((share) => html`<tr><td class="number">${percent(share)}</td><td class="number">${reached(points, share)}</td></tr>`)}</tbody></table></details></figure>`;
}

function finding({ devices, t50Ms, t90Ms, t99Ms, watchedMs }: Recovery): string {
  const time = (ms: number | undefined) =>
    ms === undefined ? `not within the ${duration(watchedMs)} watched` : `after ${duration(ms)}`;
  return `Of ${devices} devices half were back ${time(t50Ms)}, nine tenths ${time(t90Ms)}, 99 in a hundred ${time(t99Ms)}.`;
}

function chart(recovery: Recovery, id: string): Markup {
  const { curve: points, watchedMs, t50Ms, t90Ms, t99Ms, title } = recovery;
  const endMs = Math.max(1_000, Math.min(watchedMs, t99Ms === undefined ? watchedMs : t99Ms * 1.3));
  const x = timeScale(endMs);
  const last = points.at(-1)?.back ?? 0;
  const drawn = [...points.filter(({ atMs }) => atMs < endMs), { atMs: endMs, back: backAt(points, endMs) ?? last }];
  const path = line<(typeof drawn)[number]>(
    ({ atMs }) => (atMs / endMs) * 1_000,
    ({ back }) => 100 - back * 100,
  ).curve(curveStepAfter)(drawn);
  return html`<svg role="img" aria-labelledby="${id}" height="${height + 44}"><title id="${id}">${title}: ${finding(recovery)}</title>
<svg y="20" width="100%" height="${height + 20}" style="overflow:visible">${timeAxis(x, height)}
<svg width="100%" height="${height}" viewBox="0 0 1000 100" preserveAspectRatio="none"><path class="grid" d="M0 0H1000M0 50H1000M0 100H1000" fill="none" vector-effect="non-scaling-stroke"/>
<path d="${path ?? ""}" fill="none" stroke="var(--proven)" stroke-width="2.5" vector-effect="non-scaling-stroke"/></svg>
<text x="2" y="12">100 %</text><text x="2" y="${height - 4}">0 %</text>
${mark("t50", t50Ms, 0.5, x)}${mark("t90", t90Ms, 0.9, x)}${mark("t99", t99Ms, 0.99, x)}</svg></svg>`;
}

function backAt(points: Recovery["curve"], atMs: number): number | undefined {
  return points.findLast((point) => point.atMs <= atMs)?.back;
}

/** A dot where the share was reached; t99 writes above its dot and the others below, so that close ones stay apart. */
function mark(name: string, atMs: number | undefined, share: number, x: (ms: number) => number): Markup | false {
  if (atMs === undefined) return false;
  const place = x(atMs);
  const y = height * (1 - share);
  const above = share > 0.95;
  return html`<circle cx="${place}%" cy="${y}" r="4.5" fill="var(--card)" stroke="var(--proven)" stroke-width="2.5"/>
<text class="ink" x="${place}%" y="${above ? y - 9 : y + 18}" dx="${above ? 0 : 6}" text-anchor="${above ? "middle" : "start"}">${name} ${duration(atMs)}</text>`;
}

const shares = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1];

function reached(points: Recovery["curve"], share: number): string {
  const point = points.find(({ back }) => back >= share);
  return point === undefined ? "not seen" : duration(point.atMs);
}
