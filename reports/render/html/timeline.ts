import type { ScaleLinear } from "d3-scale";
import { area, line } from "d3-shape";
import type { HealthPoint, Lane, Report } from "#contract/report.ts";
import { duration, percent } from "../text/words.ts";
import { html, type Markup } from "./markup.ts";
import { lineSwatch, swatch } from "./patterns.ts";
import { timeAxis, timeScale } from "./time-axis.ts";

const mostPoints = 180;
const healthHeight = 120;
const laneHeight = 32;

/** Loads, attacks and disruptions in lanes under the health of the fleet, on one axis of time. */
export function timeline({ lanes, health }: Report): Markup | false {
  if (lanes.length === 0 && health.length === 0) return false;
  const points = thinned(health);
  const done = lanes.filter(({ kind }) => kind !== "stage");
  return html`<section aria-labelledby="happened"><h2 id="happened">What happened</h2>
<figure><figcaption class="lead">${finding(health, done)}</figcaption>
<ul class="legend">
${points.length > 0 && html`<li>${lineSwatch("var(--proven)")}devices connected</li><li>${lineSwatch("var(--function)", "5 3")}essential function performed</li>`}
<li>${swatch("var(--attack)")}attack</li><li>${swatch("var(--card)")}control, recovery</li><li>${swatch("var(--disruption)")}disruption</li>${done.some(({ kind }) => kind === "load") && html`<li>${swatch("var(--quiet)")}load</li>`}</ul>
${chart(points, lanes)}
</figure>
<details class="data"><summary>The same as tables</summary>${laneTable(lanes)}${points.length > 0 && healthTable(points, health.length)}</details>
</section>`;
}

/** The worst point of each stretch, so that no dip is thinned away. */
function thinned(health: readonly HealthPoint[]): readonly HealthPoint[] {
  const each = Math.ceil(health.length / mostPoints);
  if (each <= 1) return health;
  return Array.from({ length: Math.ceil(health.length / each) }, (_, at) =>
    health.slice(at * each, (at + 1) * each),
  ).map((stretch) => ({
    atMs: stretch[0]?.atMs ?? 0,
    connected: Math.min(...stretch.map(({ connected }) => connected)),
    functioning: Math.min(...stretch.map(({ functioning }) => functioning)),
  }));
}

function finding(health: readonly HealthPoint[], done: readonly Lane[]): string {
  const attacks = new Set(done.filter(({ kind }) => kind === "attack").map(({ actor }) => actor)).size;
  const disruptions = new Set(done.filter(({ kind }) => kind === "disruption").map(({ actor }) => actor)).size;
  const what = `Attacks run: ${attacks}; disruptions imposed: ${disruptions}.`;
  if (health.length === 0) return `${what} No fleet was watched.`;
  const low = (member: "connected" | "functioning") => percent(Math.min(...health.map((point) => point[member])));
  return `${what} At worst ${low("connected")} of the fleet was connected, and ${low("functioning")} of the essential functions that were due were performed.`;
}

function chart(points: readonly HealthPoint[], lanes: readonly Lane[]): Markup {
  const endMs = Math.max(...lanes.map(({ toMs }) => toMs), ...points.map(({ atMs }) => atMs), 1);
  const x = timeScale(endMs);
  const rows = [
    ...Map.groupBy(
      lanes.filter(({ kind }) => kind !== "stage"),
      ({ actor }) => actor,
    ),
  ];
  const stages = lanes.filter(({ kind }) => kind === "stage");
  const top = 24;
  const lanesTop = top + (points.length > 0 ? healthHeight + 14 : 0);
  const height = lanesTop + rows.length * laneHeight;
  return html`<svg role="img" aria-labelledby="timeline-title" height="${height + 22}"><title id="timeline-title">Fleet health over attacks and disruptions; the tables below hold the same.</title>
${timeAxis(x, height)}
${stages.map((stage, at) => stageBand(stage, x, at % 2 === 1, height))}
${points.length > 0 && healthPaths(points, endMs, top)}
${rows.map(([actor, own], row) => laneRow(actor, own, x, lanesTop + row * laneHeight))}
</svg>`;
}

function stageBand(
  { label, fromMs, toMs }: Lane,
  x: ScaleLinear<number, number>,
  tinted: boolean,
  height: number,
): Markup {
  const width = x(toMs) - x(fromMs);
  return html`<rect x="${x(fromMs)}%" y="0" width="${width}%" height="${height}" fill="var(--soft)" opacity="${tinted ? 0.09 : 0.04}"/>
<svg x="${x(fromMs)}%" width="${width}%" height="18" style="overflow:hidden">${label.length < width && html`<text x="4" y="13">${label}</text>`}</svg>`;
}

function healthPaths(points: readonly HealthPoint[], endMs: number, top: number): Markup {
  const x = ({ atMs }: HealthPoint) => (atMs / endMs) * 1_000;
  const connected = area<HealthPoint>(x, 100, (point) => 100 - point.connected * 100)(points);
  const edge = line<HealthPoint>(x, (point) => 100 - point.connected * 100)(points);
  const functioning = line<HealthPoint>(x, (point) => 100 - point.functioning * 100)(points);
  return html`<svg y="${top}" width="100%" height="${healthHeight}" viewBox="0 0 1000 100" preserveAspectRatio="none">
<path d="M0 0H1000M0 50H1000M0 100H1000" class="grid" vector-effect="non-scaling-stroke" fill="none"/>
<path d="${connected ?? ""}" fill="var(--sea)" opacity=".75"/>
<path d="${edge ?? ""}" fill="none" stroke="var(--proven)" stroke-width="2" vector-effect="non-scaling-stroke"/>
<path d="${functioning ?? ""}" fill="none" stroke="var(--function)" stroke-width="2" stroke-dasharray="5 3" vector-effect="non-scaling-stroke"/></svg>
<text x="2" y="${top + 12}">100 %</text><text x="2" y="${top + healthHeight - 4}">0 %</text>`;
}

function laneRow(actor: string, lanes: readonly Lane[], x: ScaleLinear<number, number>, y: number): Markup {
  const begin = x(Math.min(...lanes.map(({ fromMs }) => fromMs)));
  const end = x(Math.max(...lanes.map(({ toMs }) => toMs)));
  const name = actor.replace(/^[a-z]+:/, "");
  // A name that begins late would run out of the chart, so it ends where its bar ends.
  const late = begin > 55;
  const label = html`<text class="ink" x="${late ? end : begin}%" y="${y + 12}" text-anchor="${late ? "end" : "start"}">${name}</text>`;
  return html`${label}${lanes.map((lane) => laneBar(lane, x, y + 17))}`;
}

const colours = {
  attack: "var(--attack)",
  disruption: "var(--disruption)",
  load: "var(--quiet)",
  stage: "var(--card)",
} as const satisfies { readonly [kind in Lane["kind"]]: string };

function laneBar({ kind, label, fromMs, toMs }: Lane, x: ScaleLinear<number, number>, y: number): Markup {
  const colour = colours[kind];
  const solid = label === "launch" || kind !== "attack";
  // At least half a percent wide: what happened in an instant happened all the same.
  const width = Math.max(0.5, x(toMs) - x(fromMs));
  return html`<rect x="${Math.min(x(fromMs), 100 - width)}%" y="${y}" width="${width}%" height="9" rx="2" fill="${solid ? colour : "var(--card)"}" stroke="${colour}"/>`;
}

function laneTable(lanes: readonly Lane[]): Markup {
  return html`<table><caption>What was done, and when</caption><thead><tr><th scope="col">who</th><th scope="col">what</th><th scope="col" class="number">from</th><th scope="col" class="number">to</th></tr></thead>
<tbody>${lanes.map(({ actor, label, fromMs, toMs }) => html`<tr><td>${actor}</td><td>${label}</td><td class="number">${duration(fromMs)}</td><td class="number">${duration(toMs)}</td></tr>\n`)}</tbody></table>`;
}

function healthTable(points: readonly HealthPoint[], of: number): Markup {
  const thin = points.length < of ? `; the worst of every stretch, ${points.length} of ${of} points` : "";
  return html`<table><caption>Fleet health${thin}</caption><thead><tr><th scope="col" class="number">at</th><th scope="col" class="number">connected</th><th scope="col" class="number">functioning</th></tr></thead>
<tbody>${points.map(({ atMs, connected, functioning }) => html`<tr><td class="number">${duration(atMs)}</td><td class="number">${percent(connected)}</td><td class="number">${percent(functioning)}</td></tr>\n`)}</tbody></table>`;
}
