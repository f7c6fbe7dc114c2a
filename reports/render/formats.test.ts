import { describe, expect, it } from "vitest";
import type { Report } from "#contract/report.ts";
import { sampleChecks, sampleRun } from "#testing/sample-run.ts";
import { judge } from "../judge/judge.ts";
import { html } from "./html.ts";
import { json } from "./json.ts";
import { junit } from "./junit.ts";
import { markdown } from "./markdown.ts";

const report = judge(sampleRun(), sampleChecks, { historyDigest: "ab".repeat(32) });
const { counts } = report;
const contentOf = (renderer: typeof html, of: Report = report) => renderer.render(of)[0]?.content ?? "";

describe("the formats", () => {
  it("write the files that users know", () => {
    expect(
      [html, json, markdown, junit].flatMap((renderer) => renderer.render(report).map(({ path }) => path)),
    ).toEqual(["report.html", "result.json", "report.md", "junit.xml"]);
  });

  it("agree on the counts", () => {
    const page = contentOf(html);
    for (const [verdict, count] of Object.entries(counts))
      expect(page).toContain(`<li class="${verdict}"><b>${count}</b>`);
    expect(contentOf(markdown)).toContain(
      "7 pass · 2 fail · 1 inconclusive · 56 not tested · 1 not applicable · 1 error · 3 out of reach",
    );
    expect(JSON.parse(contentOf(json))).toMatchObject({ counts });
    const practices = contentOf(junit).replace(/<testsuite package="scenario".*<\/testsuite>/s, "");
    const sum = (attribute: string) =>
      [...practices.matchAll(new RegExp(` ${attribute}="(\\d+)"`, "g"))].reduce(
        (total, [, number]) => total + Number(number),
        0,
      );
    expect(sum("failures")).toBe(counts.fail);
    expect(sum("errors")).toBe(counts.inconclusive + counts.error);
    expect(sum("skipped")).toBe(counts["not-tested"]);
    expect(sum("tests")).toBe(counts.pass + counts.fail + counts.inconclusive + counts.error + counts["not-tested"]);
  });

  it("keep the whole report in JSON", () => {
    expect(JSON.parse(contentOf(json))).toEqual(JSON.parse(JSON.stringify(report)));
  });

  it("write the same bytes as ever for the same record", async () => {
    await expect(contentOf(markdown)).toMatchFileSnapshot("golden/report.md.txt");
    await expect(contentOf(junit)).toMatchFileSnapshot("golden/junit.xml.txt");
  });
});
