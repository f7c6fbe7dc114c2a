import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Report } from "#contract/report.ts";
import { hostileReport } from "#testing/hostile-report.ts";
import { checkOf, sampleChecks, sampleRun } from "#testing/sample-run.ts";
import { judge } from "../judge/judge.ts";
import { html } from "./html.ts";

const pageOf = (report: Report) => html.render(report)[0]?.content ?? "";
const report = judge(sampleRun(), sampleChecks, { historyDigest: "ab".repeat(32) });
const page = pageOf(report);

/** Every tag with the names of its attributes, in order; what stands in quotes is left out. */
function skeleton(text: string): readonly string[] {
  return [...text.replace(/<style>.*<\/style>/s, "").matchAll(/<[^>]*>/g)].map(([tag]) =>
    tag.replaceAll(/"[^"]*"/g, '""'),
  );
}

describe("the HTML report", () => {
  it("is one file of well under 1.5 MB", () => {
    expect(html.render(report).map(({ path }) => path)).toEqual(["report.html"]);
    expect(page.length).toBeLessThan(400_000);
  });

  it("gives the same bytes for a record that went through a file", () => {
    const stored = judge(JSON.parse(JSON.stringify(sampleRun())), sampleChecks, { historyDigest: "ab".repeat(32) });
    expect(pageOf(stored)).toBe(page);
  });

  it("holds no script, no form, no frame, and reaches for nothing outside", () => {
    expect(page).not.toMatch(/<(script|iframe|form|object|embed|link|base|img|input|button)\b/i);
    expect(page).not.toMatch(/\bon[a-z]+="/i);
    expect(page).not.toMatch(/(href|src)="(?!#)/i);
    expect(page).not.toMatch(/@import|url\((?!#)/i);
    expect(page).toContain("default-src 'none'; style-src 'unsafe-inline'");
  });

  it("uses every id once, and every link leads somewhere", () => {
    const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, target] of page.matchAll(/href="#([^"]*)"/g)) expect(ids).toContain(target);
  });

  it("gives every chart a name, and a table beside it", () => {
    const charts = [...page.matchAll(/<svg role="img" aria-labelledby="([^"]+)"/g)];
    expect(charts).toHaveLength(1 + 6 + 1 + 2);
    for (const [, name] of charts) expect(page).toContain(`<title id="${name}">`);
    expect([...page.matchAll(/<details class="data">/g)]).toHaveLength(1 + 1 + 2);
  });

  it("never claims more than evidence", () => {
    const words = page.replace(/<style>.*<\/style>/s, "").replaceAll(/<[^>]*>/g, " ");
    expect(words).not.toMatch(/\b(compliant|compliance|certified|complies|is secure)\b/i);
    expect(words).toContain("Evidence here may be relevant to");
  });

  it("shows verdicts and counts only where there is no score", () => {
    const { product: _, ...header } = sampleRun().header;
    const single = pageOf(judge({ header, history: sampleRun().history }, sampleChecks));
    expect(single).not.toContain("Possible at most");
    expect(single).not.toMatch(/points (to gain|alone)/);
    expect(single).toContain("A score belongs to a full assessment of a product.");
  });

  it("says on top that a run did not complete", () => {
    const cut = pageOf(
      judge(sampleRun({ state: "aborted", ended: { code: "E_INTERRUPTED", message: "Ctrl-C" } }), sampleChecks),
    );
    expect(cut).toContain("The run did not complete</strong> (Ctrl-C)");
  });

  it("names critical failures in words", () => {
    const open = checkOf("x", "P1.1/no-known-default-login", { verdict: "fail", says: "admin/admin was let in" });
    expect(pageOf(judge(sampleRun(), [open]))).toContain("1 critical failure.</strong>");
  });

  it("can be drawn of a record that holds nothing", () => {
    const empty = pageOf(
      judge({ header: { ...sampleRun().header, fleets: [], stages: [], expects: [] }, history: [] }, []),
    );
    expect(empty).toContain("Nothing that was put to the test failed");
    expect(empty).not.toMatch(/NaN|undefined|Infinity/);
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
  });

  it("has the same tags and attributes whatever the strings of devices and brokers say", () => {
    const attack = fc.constantFrom(
      '"><script>alert(1)</script>',
      "' onload='x",
      "</style><img src=x onerror=y>",
      "<!--",
      "]]>",
      "\u202egnp",
      "${x}",
      "javascript:alert(1)",
    );
    fc.assert(
      fc.property(fc.oneof(attack, fc.string({ unit: "binary", minLength: 1, maxLength: 60 })), (text) => {
        const harmless = "x".repeat(text.length);
        expect(skeleton(pageOf(hostileReport(judge, text)))).toEqual(skeleton(pageOf(hostileReport(judge, harmless))));
      }),
      { numRuns: 20 },
    );
  });
});
