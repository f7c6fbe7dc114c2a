import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Report } from "#contract/report.ts";
import { hostileReport } from "#testing/hostile-report.ts";
import { sampleChecks, sampleRun } from "#testing/sample-run.ts";
import { judge } from "../judge/judge.ts";
import { junit } from "./junit.ts";

const xmlOf = (report: Report) => junit.render(report)[0]?.content ?? "";
const xml = xmlOf(judge(sampleRun(), sampleChecks));
const count = (pattern: RegExp, text = xml) => [...text.matchAll(pattern)].length;
const suiteOf = (name: string) => new RegExp(`<testsuite [^>]*name="${name}".*?</testsuite>`, "s").exec(xml)?.[0] ?? "";

/** The names of tags that are open at the end of a document, or that closed another; none where it is well formed. */
function unclosed(text: string): readonly string[] {
  const open: string[] = [];
  for (const [, slash, name = "", empty] of text.matchAll(/<(\/?)([a-z-]+)(?:\s+[a-z0-9A-Z]+="[^"<]*")*\s*(\/?)>/g)) {
    if (slash === "") {
      if (empty === "") open.push(name);
    } else if (open.pop() !== name) return [name];
  }
  return open;
}

describe("the JUnit report", () => {
  it("has a suite for every practice and one for the expectations", () => {
    expect(count(/<testsuite /g)).toBe(23);
    expect(xml).toContain(
      '<testsuite package="dhs.P2" id="6" name="P2.3" timestamp="2026-01-01T00:00:00" hostname="localhost" tests="6" failures="0" errors="0" skipped="6" time="0">',
    );
    expect(suiteOf("expectations")).toContain('tests="3" failures="2" errors="0" skipped="0"');
  });

  it("gives every suite properties, output and errors, as the dialect demands", () => {
    for (const part of [/<properties>/g, /<system-out\/>/g, /<system-err\/>/g]) expect(count(part)).toBe(23);
    expect(xml).toContain('<property name="fidelity" value="simulated"/>');
    expect(xml).toContain('<property name="outOfReach" value="3"/>');
  });

  it("maps every verdict to its element", () => {
    expect(suiteOf("P3.3")).toContain('<failure type="fail" message="an intruder received the canary');
    expect(suiteOf("P3.1")).toContain('<error type="inconclusive" message="the control failed');
    expect(suiteOf("P6.2")).toContain('<error type="error" message="the check itself broke');
    expect(suiteOf("P2.3")).toContain('<skipped message="no check of seatrial covers this yet"/>');
    expect(suiteOf("P1.1")).toContain('<testcase name="closed-by-default" classname="dhs.P1.1" time="0"></testcase>');
    expect(suiteOf("P2.2")).not.toContain("mixed-versions-stay-safe");
    expect(suiteOf("P1.3")).toContain('tests="1"');
  });

  it("tells in the body of a failure how to repeat it", () => {
    expect(suiteOf("P3.3")).toMatch(
      /repeat: seatrial assess harbour\.yaml --posture hardened --seed 17 --only mqtt\.topic-snoop\nobservations: \d+/,
    );
  });

  it("is well formed, whatever devices say", () => {
    expect(unclosed(xml)).toEqual([]);
    fc.assert(
      fc.property(
        fc.oneof(
          fc.constantFrom("]]>", "<x", '"/>', "&amp;", "\u0000\u001b"),
          fc.string({ unit: "binary", minLength: 1 }),
        ),
        (text) => {
          const hostile = xmlOf(hostileReport(judge, text));
          expect(unclosed(hostile)).toEqual([]);
          // oxlint-disable-next-line no-control-regex -- XML 1.0 forbids these
          expect(hostile).not.toMatch(/[\u0000-\u0008\u000b-\u001f\ufffe\uffff]/);
          expect(count(/<testcase /g, hostile)).toBe(count(/<testcase /g, xmlOf(hostileReport(judge, "x"))));
        },
      ),
      { numRuns: 20 },
    );
  });
});
