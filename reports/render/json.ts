import type { Renderer } from "#contract/report.ts";

/** The whole report as data; every other format is a view of it. */
export const json: Renderer = {
  format: "json",
  title: "The whole report as JSON",
  render: (report) => [{ path: "result.json", content: `${JSON.stringify(report, null, 2)}\n` }],
};
