import type { Verdict } from "#contract/check.ts";
import type { ExpectationResult, Finding, PrincipleResult } from "#contract/report.ts";
import { checkAnchor } from "../render/html/anchors.ts";
import type { Cell, Entry, Group, Row, Standing } from "./comparison.ts";

/** The checks that any report has, gathered by principle, each with its verdict in every report. */
export function groupsOf(entries: readonly Entry[]): readonly Group[] {
  const titles = new Map(
    entries.flatMap(({ report }) => report.principles.map(({ id, title }) => [id, `${id} ${title}`] as const)),
  );
  const columns = entries.map(({ report }) => findingsOf(report.principles));
  const all = new Map(columns.flatMap((findings) => [...findings]));
  return [...titles].map(([principle, title]) => ({
    title,
    rows: [...all.values()]
      .filter(({ covers }) => covers.slice(0, covers.indexOf(".")) === principle)
      .map(({ check, asks }) =>
        rowOf(
          { kind: "check", id: check, asks },
          columns.map((findings) => found(findings.get(check))),
        ),
      ),
  }));
}

function findingsOf(principles: readonly PrincipleResult[]): ReadonlyMap<string, Finding> {
  const checks = principles.flatMap(({ practices }) => practices.flatMap((practice) => practice.checks));
  return new Map(checks.flatMap(({ findings }) => findings.map((finding) => [finding.check, finding])));
}

function found(finding: Finding | undefined): Cell | undefined {
  return finding && { verdict: finding.verdict, says: finding.says, anchor: checkAnchor(finding.covers) };
}

/** What any scenario expects, thresholds of loads included, each with its verdict in every report. */
export function expectationRows(entries: readonly Entry[]): readonly Row[] {
  const columns = entries.map(
    ({ report }) => new Map(report.expectations.map((result) => [expectationId(result), result])),
  );
  const ids = new Set(columns.flatMap((results) => [...results.keys()]));
  return [...ids].map((id) =>
    rowOf(
      { kind: "expectation", id, asks: id },
      columns.map((results) => expected(results.get(id))),
    ),
  );
}

function expectationId({ metric, bound }: ExpectationResult): string {
  return `${metric} ${bound}`;
}

function expected(result: ExpectationResult | undefined): Cell | undefined {
  return result && { verdict: result.verdict, says: result.says, anchor: "expected" };
}

function rowOf(question: Pick<Row, "kind" | "id" | "asks">, cells: readonly (Cell | undefined)[]): Row {
  return { ...question, standing: standingOf(cells.map((cell) => cell?.verdict)), cells };
}

/** An inconclusive run and one that put no question leave open what their targets are like: only these two contradict. */
function isAnswer(verdict: Verdict | undefined): boolean {
  return verdict === "pass" || verdict === "fail";
}

function standingOf(verdicts: readonly (Verdict | undefined)[]): Standing {
  const answers = verdicts.filter(isAnswer);
  if (new Set(answers).size > 1) return "differ";
  return answers.length > 0 && answers.length < verdicts.length ? "partly" : "same";
}

const unasked: ReadonlySet<Verdict | undefined> = new Set<Verdict | undefined>([
  "not-tested",
  "not-applicable",
  undefined,
]);

/** Whether any of the runs put the question. */
export function isAsked({ cells }: Row): boolean {
  return cells.some((cell) => !unasked.has(cell?.verdict));
}
