import { describe, expect, it } from "vitest";
import type { Check, Verdict } from "#contract/check.ts";
import type { RunHeader } from "#contract/record.ts";
import { countOfOperation, linked, loadLines } from "#testing/load-lines.ts";
import { historyOf, recordOf } from "#testing/record.ts";
import { checkOf } from "#testing/sample-run.ts";
import { judge } from "../judge/judge.ts";
import { compare } from "./compare.ts";
import type { Entry } from "./comparison.ts";

type Verdicts = { readonly [check: string]: Verdict };

const checksOf = (verdicts: Verdicts): readonly Check[] =>
  Object.entries(verdicts).map(([id, verdict]) =>
    checkOf(id, "P1.1/closed-by-default", { verdict, says: `${id} ${verdict}` }),
  );

function entry(target: string, verdicts: Verdicts, header: Partial<RunHeader> = {}): Entry {
  const facts = { id: target, product: `${target} 1.0`, fidelity: "simulated", posture: "hardened" } as const;
  return {
    report: judge(recordOf([], { id: `run-${target}`, target: facts, ...header }), checksOf(verdicts)),
    href: `../${target}.html`,
  };
}

/** A run under load whose threshold was kept or not. */
function held(target: string, ok: boolean): Entry {
  const detail = {
    metric: "mqtt_connect_ms",
    expression: "p(95)<300",
    held: ok,
    measured: ok ? "20 ms" : "900 ms",
  };
  const lines = loadLines({
    seconds: [{ publish: countOfOperation(9, 1) }],
    notes: [{ action: "load.threshold", detail }],
  });
  return { report: judge(recordOf(historyOf(linked(lines)), { id: target }), []) };
}

const names = (entries: readonly Entry[]) => compare(entries).columns.map(({ name }) => name);
const rowsOf = (entries: readonly Entry[]) => compare(entries).groups.flatMap(({ rows }) => rows);
const standings = (entries: readonly Entry[]) =>
  Object.fromEntries(rowsOf(entries).map(({ id, standing }) => [id, standing]));

describe("compare", () => {
  it("has a column for each run and a row for each question, by principle", () => {
    const comparison = compare([entry("a", { open: "pass" }), entry("b", { open: "fail" })]);
    expect(comparison.columns).toMatchObject([
      { name: "a, hardened", product: "a 1.0", run: "run-a", href: "../a.html", verdict: "pass", counts: { pass: 1 } },
      { name: "b, hardened", verdict: "fail", counts: { pass: 0, fail: 1 } },
    ]);
    expect(comparison.groups).toEqual([
      {
        title: "P1 Incorporate security at the design phase",
        rows: [
          {
            kind: "check",
            id: "open",
            asks: "open?",
            standing: "differ",
            cells: [
              { verdict: "pass", says: "open pass", anchor: "check-P1.1-closed-by-default" },
              { verdict: "fail", says: "open fail", anchor: "check-P1.1-closed-by-default" },
            ],
          },
        ],
      },
    ]);
  });

  it.each<[string, readonly (Verdict | undefined)[], string]>([
    ["the same answer everywhere", ["fail", "fail"], "same"],
    ["answers that contradict each other", ["pass", "pass", "fail"], "differ"],
    ["an answer that some leave open", ["pass", "inconclusive", "error"], "partly"],
    ["what nobody answers", ["inconclusive", "not-tested"], "same"],
    ["a question that was not put to all", ["pass", "not-tested"], "partly"],
    ["a question that does not apply to all", ["not-applicable", "fail"], "partly"],
    ["a question that one report does not have", ["pass", undefined], "partly"],
    ["contradiction among those that answered", ["pass", "not-tested", "fail"], "differ"],
  ])("tells %s", (_, verdicts, standing) => {
    const entries = verdicts.map((verdict, at) => entry(`t${at}`, verdict === undefined ? {} : { q: verdict }));
    expect(standings(entries)).toEqual({ q: standing });
  });

  it("keeps a question that only a later report has, with nothing in the other column", () => {
    const [first, second] = rowsOf([entry("a", { x: "pass" }), entry("b", { x: "pass", y: "fail" })]);
    expect(first).toMatchObject({ id: "x", standing: "same" });
    expect(second).toMatchObject({ id: "y", standing: "partly", cells: [undefined, { verdict: "fail" }] });
  });

  it("names what was put to none of them apart, and counts it for nobody", () => {
    const comparison = compare([
      entry("a", { x: "not-tested", y: "pass" }),
      entry("b", { x: "not-tested", y: "pass" }),
    ]);
    expect(comparison.unasked).toEqual(["x"]);
    expect(comparison.columns.map(({ counts }) => counts["not-tested"])).toEqual([0, 0]);
  });

  it("compares expectations, thresholds of loads included", () => {
    const comparison = compare([held("a", true), held("b", false)]);
    expect(comparison.groups).toMatchObject([
      {
        title: "What the scenario expects",
        rows: [
          {
            id: "mqtt.publish-fan-in: mqtt_connect_ms p(95)<300",
            standing: "differ",
            cells: [{ says: "mqtt_connect_ms: 20 ms" }, { says: "mqtt_connect_ms: 900 ms" }],
          },
        ],
      },
    ]);
    expect(comparison.loads).toMatchObject([
      {
        load: "mqtt.publish-fan-in",
        window: "alone",
        operation: "publish",
        cells: [{ availability: { value: 0.9 }, sound: true }, { sound: true }],
      },
    ]);
  });

  it("tells runs of the same target apart by posture, and else by run", () => {
    const weak: Partial<RunHeader> = { target: { id: "a", product: "a", fidelity: "simulated", posture: "weak" } };
    expect(names([entry("a", {}), entry("a", {}, weak)])).toEqual(["a, hardened", "a, weak"]);
    expect(names([entry("a", {}), entry("a", {}, { id: "second" })])).toEqual([
      "a, hardened (run-a)",
      "a, hardened (second)",
    ]);
    expect(names([entry("a", {}), entry("a", {})])).toEqual(["a, hardened (run-a) #1", "a, hardened (run-a) #2"]);
  });

  it("says what keeps the runs from being compared just so", () => {
    const ended = { code: "E_INTERRUPTED", message: "Ctrl-C" };
    const cut = entry("b", {}, { state: "aborted", ended, seed: "2", scenario: { id: "other", title: "Other" } });
    const { notes } = compare([entry("a", {}), cut]);
    expect(notes[0]).toBe("b, hardened did not complete (Ctrl-C): its failures stand, its passes prove nothing.");
    expect(notes.slice(1).map((note) => note.split(",")[0])).toEqual([
      "The runs were made with different plans",
      "The runs were made with different seeds",
    ]);
    expect(compare([entry("a", {}), entry("b", {})]).notes).toEqual([]);
  });

  it("keeps targets that could not be started", () => {
    const missing = { target: "container:emqx", because: "no image", hint: "Build it." };
    expect(compare([entry("a", {})], [missing]).leftOut).toEqual([missing]);
  });
});
