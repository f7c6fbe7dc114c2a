import type { Excerpt, Finding } from "#contract/report.ts";
import { counted, duration } from "../text/words.ts";
import { html, type Markup } from "./markup.ts";

/** The observations behind a finding: their lines, and where on the wire the bytes are. */
export function evidenceLines({ evidence, excerpts }: Finding): Markup {
  if (evidence.length === 0) return html`<p class="small soft">Rests on no observation of the run.</p>`;
  const shown = excerpts.length;
  return html`<details><summary>Evidence: ${counted(evidence.length, "observation")} of history.jsonl</summary>
<ol class="lines">${excerpts.map(excerptLine)}</ol>
${evidence.length > shown && html`<p class="small soft">All of it: ${listed(evidence)}.</p>`}
</details>`;
}

function excerptLine({ seq, atMs, actor, action, phase, text, wire }: Excerpt): Markup {
  return html`<li><b>#${seq}</b>${duration(atMs)} · ${actor} · ${action} · <strong>${phase}</strong>
${text !== "" && html`<code>${text}</code>`}
${wire !== undefined && html`<code>tshark -r ${wire.file} -Y "${wire.over ?? "tcp"}.stream eq ${wire.stream}"</code>`}</li>\n`;
}

const mostNumbers = 60;

function listed(evidence: readonly number[]): string {
  const numbers = evidence.slice(0, mostNumbers).map((seq) => `#${seq}`);
  const more = evidence.length - numbers.length;
  return more > 0 ? `${numbers.join(", ")} and ${more} more in result.json` : numbers.join(", ");
}
