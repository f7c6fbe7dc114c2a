import type { Verdict } from "#contract/check.ts";
import type { CatalogueResult, ExpectationResult, PracticeResult, Renderer, Report } from "#contract/report.ts";
import { html, type Markup } from "./html/markup.ts";

/** JUnit XML in the Ant and Jenkins dialect: a suite for each practice, a case for each check of the catalogue. */
export const junit: Renderer = {
  format: "junit",
  title: "JUnit XML for build servers",
  render: (report) => [{ path: "junit.xml", content: documentOf(report).text }],
};

interface Case {
  readonly name: string;
  readonly verdict: Verdict;
  readonly message: string;
  readonly body: string;
}

function documentOf(report: Report): Markup {
  const practices = report.principles.flatMap((principle) => principle.practices);
  const suites = practices.map((practice, id) =>
    suite(
      report,
      { package: `dhs.${practice.id.slice(0, 2)}`, id, name: practice.id },
      `dhs.${practice.id}`,
      casesOf(practice, report),
    ),
  );
  const { expectations } = report;
  const own = { package: "scenario", id: practices.length, name: "expectations" };
  if (expectations.length > 0) suites.push(suite(report, own, "scenario.expectations", expectations.map(expected)));
  return html`<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
${suites}</testsuites>
`;
}

function casesOf({ checks }: PracticeResult, { outOfReach }: Report): readonly Case[] {
  return checks.filter(({ id, verdict }) => verdict !== "not-applicable" && !outOfReach.checks.includes(id)).map(told);
}

function told({ id, verdict, because, findings }: CatalogueResult): Case {
  const telling = findings.filter((finding) => finding.verdict === verdict);
  const shown = telling.length > 0 ? telling : findings;
  return {
    name: id.slice(id.indexOf("/") + 1),
    verdict,
    message: because ?? shown.map(({ says }) => says).join("; "),
    body: shown
      .map(({ asks, says, remedy, command, evidence }) =>
        [asks, says, `remedy: ${remedy}`, `repeat: ${command}`, `observations: ${evidence.join(", ") || "none"}`].join(
          "\n",
        ),
      )
      .join("\n\n"),
  };
}

function expected({ metric, bound, says, verdict }: ExpectationResult): Case {
  return { name: `${metric} ${bound}`, verdict, message: says, body: `${metric} ${bound}\n${says}` };
}

function suite(
  report: Report,
  { package: pack, id, name }: { readonly package: string; readonly id: number; readonly name: string },
  className: string,
  cases: readonly Case[],
): Markup {
  const count = (...verdicts: readonly Verdict[]) => cases.filter(({ verdict }) => verdicts.includes(verdict)).length;
  return html`  <testsuite package="${pack}" id="${id}" name="${name}" timestamp="${report.header.startedAt.slice(0, 19)}" hostname="localhost" tests="${cases.length}" failures="${count("fail")}" errors="${count("inconclusive", "error")}" skipped="${count("not-tested")}" time="0">
    <properties>
${propertiesOf(report).map(([key, value]) => html`      <property name="${key}" value="${value}"/>\n`)}    </properties>
${cases.map((each) => testCase(each, className))}    <system-out/>
    <system-err/>
  </testsuite>
`;
}

function propertiesOf({ header, catalogue, fidelity, historyDigest, outOfReach, notApplicable }: Report) {
  return [
    ["target", `${header.target.id} (${header.target.product})`],
    ["fidelity", fidelity],
    ["catalogue", catalogue.id],
    ["run", header.id],
    ["seed", header.seed],
    ["command", header.command],
    ["outOfReach", String(outOfReach.checks.length)],
    ["notApplicable", String(notApplicable.checks.length)],
    ...(historyDigest === undefined ? [] : [["historySha256", historyDigest] as const]),
  ] as const;
}

function testCase({ name, verdict, message, body }: Case, className: string): Markup {
  return html`    <testcase name="${name}" classname="${className}" time="0">${outcome(verdict, message, body)}</testcase>\n`;
}

/** Nothing for a pass; exactly one of failure, error and skipped otherwise. */
function outcome(verdict: Verdict, message: string, body: string): Markup | undefined {
  switch (verdict) {
    case "pass":
    case "not-applicable":
      return undefined;
    case "fail":
      return html`<failure type="fail" message="${message}">${body}</failure>`;
    case "inconclusive":
    case "error":
      return html`<error type="${verdict}" message="${message}">${body}</error>`;
    case "not-tested":
      return html`<skipped message="${message}"/>`;
  }
}
