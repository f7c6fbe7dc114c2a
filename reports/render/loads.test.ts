import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hostileReport } from "#testing/hostile-report.ts";
import { sampleLoadRun } from "#testing/sample-load.ts";
import { sampleRun } from "#testing/sample-run.ts";
import { judge } from "../judge/judge.ts";
import { html } from "./html.ts";
import { json } from "./json.ts";
import { junit } from "./junit.ts";
import { markdown } from "./markdown.ts";

const report = judge(sampleLoadRun(), []);
const contentOf = (renderer: typeof html, of = report) => renderer.render(of)[0]?.content ?? "";
const page = contentOf(html);
const text = contentOf(markdown);
const plainSpaces = (content: string) => content.replaceAll("\u00a0", " ");
const section = plainSpaces(page.split('id="loads"')[1]?.split("</section>")[0] ?? "");
const cellsOf = (row: string) => [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/g)].map(([, cell]) => cell);
const skeleton = (content: string) =>
  [...content.replace(/<style>.*<\/style>/s, "").matchAll(/<[^>]*>/g)].map(([tag]) => tag.replaceAll(/"[^"]*"/g, '""'));

describe("a report of loads", () => {
  it("tells window by window what clients got, with intervals", () => {
    const rows = [...section.matchAll(/<tr>.*?<\/tr>/gs)]
      .map(([row]) => cellsOf(row))
      .filter(([, what]) => what === "publish");
    expect(rows.map(([window, , tried, share]) => [window, tried, share])).toEqual([
      ["before, 5 s", "250", "100 % (98.5 to 100)"],
      ["during, 5 s", "250", "60 % (53.8 to 65.9)"],
      ["after, 5 s", "250", "100 % (98.5 to 100)"],
    ]);
    expect(rows[1]?.[5]).toMatch(/^\d+ \(\d+ to \d+\)$/);
  });

  it("calls the one window of a load with nothing beside it throughout", () => {
    expect(section).toContain('<th scope="row">throughout, 5 s</th><td>connect</td>');
  });

  it("says whether the numbers are the target's or the generator's own", () => {
    expect(section).toContain(
      "<p>The generator kept its plan: 0 iterations were dropped, work began at most 3 ms late.</p>",
    );
    expect(section).toContain(
      "These numbers need not be the target&#39;s. The generator did not keep its plan: it used 2 of 2 processor cores.",
    );
    expect(text).toContain("The generator did not keep its plan");
  });

  it("shows what three sides counted, and says which is wrong", () => {
    expect(section).toContain("<strong>differ</strong>: The generator is alone with less");
    expect(text).toContain("**differ**: The generator is alone with less");
  });

  it("leads to the generator's own report, inside the run", () => {
    expect(section).toContain('href="./evidence/mqtt.publish-fan-in/k6-dashboard.html"');
    expect(text).toContain("(./evidence/mqtt.publish-fan-in/k6-dashboard.html)");
  });

  it("says of a load that was skipped what brings its generator", () => {
    expect(section).toContain("Not tested: k6 is not installed. Run <code>npm run setup:k6</code>");
    expect(text).toContain("not tested: k6 is not installed. Run `npm run setup:k6`");
  });

  it("has thresholds among the expectations, in JUnit too", () => {
    const xml = contentOf(junit);
    expect(xml).toContain(
      '<testcase name="mqtt.publish-fan-in: mqtt_publish_ms p(95)&lt;300" classname="scenario.expectations" time="0"></testcase>',
    );
    expect(xml).toContain('<failure type="fail" message="mqtt_publish_ok: rate = 0.87">');
    expect(xml).toContain(
      '<error type="inconclusive" message="mqtt_connect_ms: the numbers need not be the target&#39;s: the generator did not keep its plan: it used 2 of 2 processor cores; measured all the same: p(95) = 80">',
    );
    expect(xml).toContain('<skipped message="mqtt_resume_ok: k6 is not installed; run: npm run setup:k6"/>');
    expect(report.verdict).toBe("fail");
  });

  it("draws what the target used, with a name and a table", () => {
    expect(plainSpaces(page)).toContain("between 0.25 cores and 0.75 cores, 0.75 cores in the median");
    expect(plainSpaces(text)).toContain("| memory | `target:container:mosquitto` | 8 MB | 9.5 MB | 10.9 MB |");
    const charts = [...page.matchAll(/<svg role="img" aria-labelledby="(used-\d)"/g)];
    expect(charts).toHaveLength(3);
    for (const [, name] of charts) expect(page).toContain(`<title id="${name}">`);
  });

  it("names the loads in the plan of the run", () => {
    expect(page).toContain(
      "load: mqtt.publish-fan-in, mqtt.connect-storm, mqtt.session-resume, mqtt.malformed-packets",
    );
  });

  it("uses every id once, every link leads somewhere, and no number is missing", () => {
    const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, target] of page.matchAll(/href="#([^"]*)"/g)) expect(ids).toContain(target);
    expect(page + text).not.toMatch(/NaN|undefined|Infinity/);
  });

  it("keeps loads and resources in JSON; without any, loads are an empty list", () => {
    expect(JSON.parse(contentOf(json))).toMatchObject({
      loads: [{ load: "mqtt.publish-fan-in" }, { load: "mqtt.connect-storm" }, { load: "mqtt.session-resume" }],
    });
    expect(report.resources).toHaveLength(30);
    const without = JSON.parse(contentOf(json, judge(sampleRun(), [])));
    expect(without).toMatchObject({ loads: [] });
    expect(without).not.toHaveProperty("resources");
  });

  it("says nothing of loads where there was none", () => {
    const other = judge(sampleRun(), []);
    for (const renderer of [html, markdown])
      expect(contentOf(renderer, other)).not.toMatch(/Honest clients|What the target used|class="wide"/);
  });

  it("has the same tags and attributes whatever generators and targets say", () => {
    const hostile = fc.constantFrom(
      '"><script>alert(1)</script>',
      "javascript:alert(1)",
      "../../x",
      "]]>",
      "\u202e",
      "\ud800",
    );
    const drawn = (content: string) => skeleton(contentOf(html, hostileReport(judge, content, sampleLoadRun())));
    fc.assert(
      fc.property(fc.oneof(hostile, fc.string({ unit: "binary", minLength: 1, maxLength: 60 })), (content) => {
        expect(drawn(content)).toEqual(drawn("x".repeat(content.length)));
      }),
      { numRuns: 20 },
    );
    const links = contentOf(html, hostileReport(judge, "javascript:alert(1)", sampleLoadRun())).match(
      /href="(?!#)[^"]*"/g,
    );
    expect(links).toEqual(['href="./javascript%3Aalert%281%29"']);
  });

  it("writes the same text as ever for the same record", async () => {
    await expect(text).toMatchFileSnapshot("golden/loads.md.txt");
  });
});
