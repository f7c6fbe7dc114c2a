import type { Report } from "#contract/report.ts";
import { duration } from "../text/words.ts";
import { html, type Markup } from "./markup.ts";

const honest = {
  simulated:
    "The devices, and the target where seatrial started its own, are modelled: what follows is true of the model.",
  emulated: "The target is emulated: what follows is true of the firmware under emulation.",
  physical: "The target is the product itself, in this laboratory.",
} as const;

/** What was tried, when, and how true it is to the product. */
export function masthead({ header, fidelity, lanes, health }: Report): Markup {
  const { product, scenario, target, fleets, seed, startedAt, id, authorization } = header;
  const endMs = Math.max(0, ...lanes.map(({ toMs }) => toMs), ...health.map(({ atMs }) => atMs));
  return html`<header>
<p class="eyebrow">seatrial · ${product === undefined ? "report of one run" : "assessment"}</p>
<h1>${product?.title ?? scenario.title}</h1>
<ul class="facts">
<li>Target: ${target.product} (${target.id})</li>
${target.posture !== undefined && html`<li>Posture: ${target.posture}</li>`}
<li>Fidelity: ${fidelity}</li>
<li>Fleet: ${fleets.length === 0 ? "none" : fleets.map(({ device, size }) => `${size} ${device}`).join(", ")}</li>
<li><time datetime="${startedAt}">${startedAt.slice(0, 16).replace("T", " ")} UTC</time>, ${duration(endMs)}</li>
<li>Seed: ${seed}</li>
<li>Run: ${id}</li>
${authorization !== undefined && html`<li>Authorised by ${authorization.owner} until ${authorization.expires}</li>`}
</ul>
<p class="small soft">${honest[fidelity]}</p>
</header>`;
}
