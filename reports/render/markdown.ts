import type { PrincipleResult, Renderer, Report } from "#contract/report.ts";
import { code, plain } from "./markdown/escape.ts";
import { loadLines } from "./markdown/load-lines.ts";
import { fixFirst, gainOf } from "./text/fix-first.ts";
import { usesOf } from "./text/resource-words.ts";
import { untestedGroups } from "./text/untested-groups.ts";
import { counted, duration, percent, points, sentence, verdictWords, wordOf } from "./text/words.ts";

/** Markdown that fits a pull request or a job summary. */
export const markdown: Renderer = {
  format: "md",
  title: "Markdown for pull requests and job summaries",
  render: (report) => [{ path: "report.md", content: `${documentOf(report).join("\n")}\n` }],
};

function documentOf(report: Report): readonly string[] {
  return [
    ...headline(report),
    ...principleTable(report.principles),
    ...fixes(report),
    ...expectations(report),
    ...recoveries(report),
    ...loadLines(report.loads),
    ...resources(report),
    ...findings(report),
    ...notTested(report),
    ...origin(report),
  ];
}

function headline({ header, verdict, counts, score, outOfReach }: Report): readonly string[] {
  const { sign, word } = wordOf(verdict);
  const figures = verdictWords.map((each) => `${counts[each.verdict]} ${each.word}`).join(" · ");
  const grade =
    score?.letter === undefined
      ? `not graded: ${plain(score?.ungradedBecause ?? "")}`
      : `grade **${plain(score.letter)}**`;
  return [
    `### ${sign} ${word}: ${plain(header.product?.title ?? header.scenario.title)}`,
    "",
    ...(score === undefined
      ? []
      : [
          `**${points(score.proven)} proven, up to ${points(score.possible)}; ${percent(score.coverage)} covered**; ${grade}`,
          "",
        ]),
    `${figures} · ${outOfReach.checks.length} out of reach`,
    "",
    ...(header.state === "completed"
      ? []
      : [
          `The run did not complete (${plain(header.ended?.message ?? header.state)}), so it is at best inconclusive.`,
          "",
        ]),
  ];
}

function principleTable(principles: readonly PrincipleResult[]): readonly string[] {
  return [
    "| principle | proven | failed | unproven |",
    "| --- | ---: | ---: | ---: |",
    ...principles.map(
      ({ id, title, shares }) =>
        `| ${id} ${plain(title)} | ${percent(shares.proven)} | ${percent(shares.failed)} | ${percent(shares.unproven)} |`,
    ),
    "",
  ];
}

function fixes(report: Report): readonly string[] {
  const rows = fixFirst(report);
  if (rows.length === 0) return [];
  return [
    "### What to fix first",
    "",
    ...rows.flatMap(({ result, finding }, at) => [
      `${at + 1}. **${plain(sentence(finding.says))}** (${[code(result.id), ...gainOf(result)].join(", ")})  `,
      `   ${plain(finding.remedy)}  `,
      `   ${code(finding.command)}`,
    ]),
    "",
  ];
}

function expectations({ expectations: results }: Report): readonly string[] {
  if (results.length === 0) return [];
  return [
    "### What the scenario expects",
    "",
    "| metric | bound | measured | verdict |",
    "| --- | --- | --- | --- |",
    ...results.map(
      ({ metric, bound, says, verdict }) => `| ${code(metric)} | ${plain(bound)} | ${plain(says)} | ${mark(verdict)} |`,
    ),
    "",
  ];
}

function recoveries(report: Report): readonly string[] {
  if (report.recoveries.length === 0) return [];
  return [
    "### How the fleet came back",
    "",
    "| after | devices | t50 | t90 | t99 |",
    "| --- | ---: | ---: | ---: | ---: |",
    ...report.recoveries.map(
      ({ title, devices, t50Ms, t90Ms, t99Ms, watchedMs }) =>
        `| ${plain(title)} | ${devices} | ${time(t50Ms, watchedMs)} | ${time(t90Ms, watchedMs)} | ${time(t99Ms, watchedMs)} |`,
    ),
    "",
  ];
}

function time(ms: number | undefined, watchedMs: number): string {
  return ms === undefined ? `not within ${duration(watchedMs)}` : duration(ms);
}

function resources({ resources: measured = [] }: Report): readonly string[] {
  const uses = usesOf(measured);
  if (uses.length === 0) return [];
  return [
    "### What the target used",
    "",
    "| what | by | least | median | most |",
    "| --- | --- | ---: | ---: | ---: |",
    ...uses.map(
      ({ name, actor, least, median, most, say }) =>
        `| ${name} | ${code(actor)} | ${say(least)} | ${say(median)} | ${say(most)} |`,
    ),
    "",
  ];
}

const mark = (verdict: Parameters<typeof wordOf>[0]) => `${wordOf(verdict).sign} ${wordOf(verdict).word}`;

function findings({ principles }: Report): readonly string[] {
  const rows = principles.flatMap(({ practices }) =>
    practices.flatMap(({ checks }) => checks.flatMap((check) => check.findings)),
  );
  if (rows.length === 0) return [];
  return [
    `<details><summary>All ${counted(rows.length, "check")} that seatrial put</summary>`,
    "",
    "| verdict | check | what was seen | observations |",
    "| --- | --- | --- | ---: |",
    ...rows.map(
      ({ verdict, check, says, evidence }) =>
        `| ${mark(verdict)} | ${code(check)} | ${plain(says)} | ${evidence.length} |`,
    ),
    "",
    "</details>",
    "",
  ];
}

function notTested(report: Report): readonly string[] {
  const groups = untestedGroups(report);
  if (groups.length === 0) return [];
  return [
    "<details><summary>What was not tested, and why</summary>",
    "",
    ...groups.map(
      ({ because, checks, weightShare }) =>
        `- ${plain(sentence(because))} (${counted(checks.length, "question")}, ${percent(weightShare)} of the weight): ${checks.map(({ id }) => code(id)).join(", ")}`,
    ),
    "",
    "</details>",
    "",
  ];
}

function origin({ header, fidelity, historyDigest }: Report): readonly string[] {
  const { target, tool, seed, id, command } = header;
  return [
    `Run ${code(id)} against ${plain(target.product)} (${code(target.id)}, ${fidelity}), seed ${code(seed)}, seatrial ${plain(tool.version)}${historyDigest === undefined ? "" : `, history SHA-256 ${code(historyDigest)}`}. Repeat with ${code(command)}.`,
    "",
    "Proven, failed and unproven say what this run showed, under its conditions. They are evidence, not an attestation.",
  ];
}
