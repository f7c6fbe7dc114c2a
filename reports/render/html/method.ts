import type { Dimension } from "#contract/impact.ts";
import type { Report } from "#contract/report.ts";
import { principles } from "../../principles/principles.ts";
import { html, type Markup } from "./markup.ts";

const dimensions: readonly Dimension[] = ["safety", "availability", "data", "fleet"];
const { weights, gates, letters, noLetterBelowCoverage, levels } = principles.scoring;

/** How the verdicts and the score came about, on what, and what they cannot say. */
export function method(report: Report): Markup {
  return html`<section aria-labelledby="method"><h2 id="method">Method and limits</h2>
<p>Proven, failed and unproven say what this run showed about this target under these conditions, and nothing beyond. They are evidence that others may weigh; they attest and certify nothing.</p>
<h3>Verdicts</h3>
<p>Every question is put so that yes is good. A failure needs positive evidence; a time-out or a lost link counts for neither side. Before each attack a control shows that the rig works, after it a recovery shows that the target still serves; where the control fails the answer is inconclusive. Several answers together: fail outweighs error, error outweighs inconclusive, inconclusive outweighs pass, pass outweighs not tested. A question of the catalogue that was put only in part is inconclusive.</p>
${report.score !== undefined && scoreMethod(report)}
<h3>This run</h3>${origin(report)}</section>`;
}

function scoreMethod({ header }: Report): Markup {
  return html`<h3>Score</h3>
<p>Each check has a credit between what is proven (<i>lo</i>) and what is possible (<i>hi</i>): a pass earns all that its rung of evidence allows, a failure nothing, anything else from nothing to all. Repeated trials earn the lower end of Wilson's interval (one-sided 95 %) over the planned trials, divided by the required rate; measured values are placed on a logarithmic scale by their 90th percentile. Missing trials count as failed for what is proven.</p>
<p>Weights: critical ${weights.critical}, high ${weights.high}, medium ${weights.medium}, low ${weights.low}. A gap costs 1 + level / 3 times its weight, where the level is the highest among the kinds of harm that it can do. A practice is worth max(0, 1 − Σ weight · price · (1 − credit) / Σ weight); a principle the mean of its practices; the whole 100 times the mean of the principles. L takes <i>lo</i> throughout, U takes <i>hi</i>; coverage is the share of weight with a pass or a failure.</p>
<p>Gates: ${gates.G1.cap} at most while a critical check, or a high one at level 2 or more, has less than full credit (${gates.G1.otherBelow} for rates and measurements); ${gates.G2.cap} at most while a principle is below ${gates.G2.below}; ${gates.G2b.cap} below ${gates.G2b.below}. Letters from L: ${letters.map(({ letter, from }) => `${letter} from ${from}`).join(", ")}; none below ${noLetterBelowCoverage * 100} % coverage. Weights and gates are editorial choices, and all six principles count alike.</p>
${impactTable(header)}`;
}

function impactTable({ product }: Report["header"]): Markup | false {
  if (product === undefined) return false;
  const why = (dimension: Dimension) =>
    [
      product.reasons[dimension],
      ...product.floors
        .filter((floor) => floor.dimension === dimension)
        .map(({ level, because }) => `at least ${level}: ${because}`),
    ].flatMap((reason) => reason ?? []);
  return html`<table><caption>Impact of a failure, as declared and as facts demand</caption><thead><tr><th scope="col">harm</th><th scope="col">level</th><th scope="col">why</th></tr></thead>
<tbody>${dimensions.map((dimension) => html`<tr><th scope="row">${dimension}</th><td>${product.impact[dimension]} (${levels[product.impact[dimension]]})</td><td>${why(dimension).join("; ") || "declared without a reason"}</td></tr>`)}</tbody></table>`;
}

function origin({ header, catalogue, fidelity, historyDigest }: Report): Markup {
  const { tool, id, seed, state, startedAt, endedAt, target, fleets, stages, command, scenario } = header;
  const rows: readonly (readonly [string, string])[] = [
    ["tool", `${tool.name} ${tool.version}`],
    ["catalogue", `${catalogue.title} (${catalogue.id})`],
    ["run", `${id}: ${scenario.title}, ${state}`],
    ["time", endedAt === undefined ? `${startedAt}, end not recorded` : `${startedAt} to ${endedAt}`],
    ["seed", seed],
    ["target", `${target.product} (${target.id})${target.posture === undefined ? "" : `, ${target.posture}`}`],
    ["knobs", knobs(target.knobs)],
    [
      "fidelity",
      `${fidelity}: as true as the least true part; the target is ${target.fidelity}${fleets.length > 0 ? ", the fleet is simulated" : ""}`,
    ],
    ["fleets", fleets.map(({ device, size, posture }) => `${size} ${device} (${knobs(posture)})`).join("; ") || "none"],
    [
      "plan",
      stages
        .map(
          ({ name, attacks, disruptions, loads = [] }) =>
            `${name}: ${[...loads, ...attacks, ...disruptions].map((unit) => unit.id).join(", ") || "time only"}`,
        )
        .join("; ") || "none",
    ],
    ...(historyDigest === undefined ? [] : [["history", `history.jsonl, SHA-256 ${historyDigest}`] as const]),
  ];
  return html`<dl class="terms">${rows.map(([term, value]) => html`<dt>${term}</dt><dd>${value}</dd>`)}</dl>
<p>Repeat it with</p><code class="command">${command}</code>`;
}

function knobs(set: { readonly [knob: string]: unknown } | undefined): string {
  const pairs = Object.entries(set ?? {}).map(([knob, value]) => `${knob} ${JSON.stringify(value)}`);
  return pairs.join(", ") || "as they come";
}
