import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hostileReport } from "#testing/hostile-report.ts";
import { countOfOperation, keptUp, linked, loadLines } from "#testing/load-lines.ts";
import { historyOf } from "#testing/record.ts";
import { sampleChecks, sampleRun } from "#testing/sample-run.ts";
import { judge } from "../judge/judge.ts";
import { compare } from "./compare.ts";
import type { Comparison } from "./comparison.ts";
import { renderComparison } from "./render-comparison.ts";

const contentOf = (comparison: Comparison, path: string) =>
  renderComparison(comparison).find((artefact) => artefact.path === path)?.content ?? "";

/** Four seconds of a load: each operation took so long, and so many of a hundred and some failed. */
function loaded(ms: number, failed: number, healthy: boolean) {
  return linked(
    loadLines({
      seconds: Array.from({ length: 4 }, () => ({ publish: countOfOperation(100, failed, ms) })),
      generator: { ...keptUp, healthy },
    }),
  );
}

/** Two brokers: the second fails what the first passes, was under the same load, and did not complete. */
function sampleComparison(): Comparison {
  const worse = sampleChecks.map((check) =>
    check.id === "strangers-are-refused"
      ? { ...check, judge: () => ({ verdict: "fail" as const, says: "a stranger was let in", evidence: [] }) }
      : check,
  );
  const target = {
    id: "container:other",
    product: "other broker 3.1",
    fidelity: "simulated",
    posture: "hardened",
  } as const;
  const mosquitto = { ...target, id: "container:mosquitto", product: "mosquitto 2.0.11" };
  const ended = { code: "E_INTERRUPTED", message: "Ctrl-C" };
  const one = judge(
    { header: { ...sampleRun({ target: mosquitto }).header }, history: historyOf(loaded(4, 0, true)) },
    sampleChecks,
  );
  const other = judge(
    {
      header: { ...sampleRun({ target, state: "aborted", ended }).header, id: "second" },
      history: historyOf(loaded(90, 8, false)),
    },
    worse,
  );
  return compare(
    [
      { report: one, href: "../2026-01-01-harbour/report.html" },
      { report: other, href: "../second run/report.html" },
    ],
    [{ target: "container:emqx", because: "the image is not there", hint: "Build it with: docker build ." }],
  );
}

const comparison = sampleComparison();
const page = contentOf(comparison, "comparison.html");
const text = contentOf(comparison, "comparison.md");

const tags = (of: Comparison) => skeleton(contentOf(of, "comparison.html"));

const lines = (of: Comparison) => contentOf(of, "comparison.md").split("\n").length;

/** A comparison in which everything is called `name`. */
function hostile(name: string): Comparison {
  const report = hostileReport(judge, name);
  const missing = { target: name, because: name, hint: name };
  return compare(
    [
      { report, href: `${name}/report.html` },
      { report: judge(sampleRun(), sampleChecks), href: name },
    ],
    [missing],
  );
}

/** Every tag with the names of its attributes, in order; what stands in quotes is left out. */
function skeleton(markup: string): readonly string[] {
  return [...markup.replace(/<style>.*<\/style>/s, "").matchAll(/<[^>]*>/g)].map(([tag]) =>
    tag.replaceAll(/"[^"]*"/g, '""'),
  );
}

describe("a rendered comparison", () => {
  it("is a page, a text and data", () => {
    expect(renderComparison(comparison).map(({ path }) => path)).toEqual([
      "comparison.html",
      "comparison.md",
      "comparison.json",
    ]);
    expect(JSON.parse(contentOf(comparison, "comparison.json"))).toEqual(JSON.parse(JSON.stringify(comparison)));
  });

  it("lists first where targets differ, with what each of them did", () => {
    const [before = "", after = ""] = page.split("Every question on every target</h2>");
    expect(before).toContain("Where they differ");
    expect(before).toContain("A stranger was let in");
    expect(before).toContain("The stranger was refused with CONNACK 5");
    expect(after).toContain("≠ targets differ");
  });

  it("links each verdict to its place in the report of its run", () => {
    expect(page).toContain('href="./../2026-01-01-harbour/report.html#check-P1.1-closed-by-default"');
    expect(page).toContain('href="./../second%20run/report.html#check-P1.1-closed-by-default"');
    expect(text).toContain("[✗ fail](./../second%20run/report.html#check-P1.1-closed-by-default)");
  });

  it("says sign and word of each verdict, and the totals of each target", () => {
    expect(page).toContain('<span aria-hidden="true">✗</span> fail');
    const fails = comparison.columns.map(({ counts }) => counts.fail);
    expect(fails[1]).toBe((fails[0] ?? 0) + 1);
    expect(text).toMatch(new RegExp(`\\| \\*\\*Together\\*\\* \\|.*${fails[0]} fail.*\\|.*${fails[1]} fail`));
  });

  it("tells which run did not complete and which target is missing", () => {
    for (const each of [page, text.replaceAll("&#45;", "-")]) {
      expect(each).toContain("did not complete");
      expect(each).toContain("container:emqx");
    }
  });

  it("marks figures of a load whose generator was the bottleneck", () => {
    expect(page).toContain("<strong>the generator did not keep up</strong>");
    expect(text).toContain("**the generator did not keep up**");
  });

  it("holds no script and reaches for nothing outside", () => {
    expect(page).not.toMatch(/<(script|iframe|form|object|embed|link|base|img|input|button)\b/i);
    expect(page).not.toMatch(/(href|src)="(?!#|\.\/)/i);
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
    const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("can be drawn of reports without pages, of one report, and of none", () => {
    const plain = compare([{ report: judge(sampleRun(), sampleChecks) }]);
    expect(contentOf(plain, "comparison.html")).not.toContain('<a href="./');
    expect(contentOf(plain, "comparison.md")).toContain("No question is passed by one of these targets");
    for (const path of ["comparison.html", "comparison.md"])
      expect(contentOf(compare([]), path)).not.toMatch(/NaN|undefined/);
  });

  it("has the same tags and lines whatever targets are called and say", () => {
    const attack = fc.constantFrom(
      '"><script>alert(1)</script>',
      "javascript:alert(1)",
      "| a | b |\n| - |",
      "](x)",
      "\u202e",
      "#",
    );
    fc.assert(
      fc.property(fc.oneof(attack, fc.string({ unit: "binary", minLength: 1, maxLength: 40 })), (name) => {
        const [named, harmless] = [hostile(name), hostile("x".repeat(name.length))];
        expect(tags(named)).toEqual(tags(harmless));
        expect(lines(named)).toBe(lines(harmless));
      }),
      { numRuns: 12 },
    );
  });

  it("writes the same text as ever for the same reports", async () => {
    await expect(text).toMatchFileSnapshot("golden/comparison.md.txt");
  });
});
