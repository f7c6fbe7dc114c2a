import type { Artefact } from "#contract/report.ts";
import type { Comparison } from "./comparison.ts";
import { markdownOf } from "./comparison-markdown.ts";
import { pageOf } from "./comparison-page.ts";

/** A comparison as one HTML page, as Markdown and as data. Paths are relative to the folder of the comparison. */
export function renderComparison(comparison: Comparison): readonly Artefact[] {
  return [
    { path: "comparison.html", content: pageOf(comparison).text },
    { path: "comparison.md", content: markdownOf(comparison) },
    { path: "comparison.json", content: `${JSON.stringify(comparison, null, 2)}\n` },
  ];
}
