import type { Renderer, Report } from "#contract/report.ts";
import { expectationTable } from "./html/expectation-table.ts";
import { fixFirstList } from "./html/fix-first-list.ts";
import { loadSection } from "./html/load-section.ts";
import { type Markup, html as markup } from "./html/markup.ts";
import { masthead } from "./html/masthead.ts";
import { method } from "./html/method.ts";
import { page } from "./html/page.ts";
import { patterns } from "./html/patterns.ts";
import { practiceSections } from "./html/practices.ts";
import { principleBars } from "./html/principle-bars.ts";
import { recoveryCurves } from "./html/recovery-curves.ts";
import { resourceCharts } from "./html/resource-charts.ts";
import { timeline } from "./html/timeline.ts";
import { untestedList } from "./html/untested-list.ts";
import { verdictStrip } from "./html/verdict-strip.ts";
import { wideTableStyle } from "./html/wide-table.ts";
import { wordOf } from "./text/words.ts";

/** One page without scripts or outside resources, which opens from a disk, in the dark and on paper. */
export const html: Renderer = {
  format: "html",
  title: "One self-contained page",
  render: (report) => [{ path: "report.html", content: pageOf(report).text }],
};

function pageOf(report: Report): Markup {
  const { header, verdict } = report;
  return page({
    title: `${wordOf(verdict).word}: ${header.product?.title ?? header.scenario.title}`,
    ...(hasWideTables(report) && { style: wideTableStyle }),
    subject: "report",
    patterns,
    head: markup`${masthead(report)}
${contents(report)}`,
    content: markup`${verdictStrip(report)}
${principleBars(report.principles)}
${fixFirstList(report)}
${timeline(report)}
${recoveryCurves(report.recoveries)}${loadSection(report.loads)}${resourceCharts(report.resources)}
${expectationTable(report.expectations)}
${practiceSections(report)}
${untestedList(report)}
${method(report)}`,
    foot: `Made by seatrial ${header.tool.version} from run ${header.id}. The same facts as data: result.json.`,
  });
}

function hasWideTables({ loads, resources = [] }: Report): boolean {
  return loads.length + resources.length > 0;
}

function contents({ lanes, health, recoveries, loads, resources, expectations }: Report): Markup {
  const entries: readonly (readonly [string, string, boolean])[] = [
    ["verdict", "Verdict", true],
    ["principles", "Principles", true],
    ["fix", "What to fix first", true],
    ["happened", "What happened", lanes.length + health.length > 0],
    ["recovery", "Recovery", recoveries.length > 0],
    ["loads", "Honest clients", loads.length > 0],
    ["resources", "Resources", resources !== undefined],
    ["expected", "Expectations", expectations.length > 0],
    ["practices", "Practices", true],
    ["untested", "Not tested", true],
    ["method", "Method and limits", true],
  ];
  const shown = entries.filter(([, , present]) => present);
  return markup`<nav aria-label="Contents"><ul>${shown.map(([id, name]) => markup`<li><a href="#${id}">${name}</a></li>`)}</ul></nav>`;
}
