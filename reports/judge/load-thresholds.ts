import type { Verdict } from "#contract/check.ts";
import type { Json } from "#contract/observation.ts";
import type { RunHeader, RunRecord, RunState } from "#contract/record.ts";
import type { ExpectationResult } from "#contract/report.ts";
import { memberOf } from "./counters.ts";
import { type LoadRun, loadRunsOf, type RecordedThreshold, sayWhySkipped, whyDoubtful } from "./load-runs.ts";

/** A threshold that the plan sets on a metric of the generator. */
interface Named {
  readonly metric: string;
  /** `p(95)<300` */
  readonly expression: string;
}

/**
 * The thresholds of loads as expectations: what the generator judged, and what the plan names and nobody judged, which is
 * inconclusive, or not tested where the load was skipped.
 */
export function thresholdResults({ header, history }: RunRecord): readonly ExpectationResult[] {
  const runs = new Map<string, LoadRun>(loadRunsOf(history).map((run) => [run.actor, run]));
  const planned = plannedOf(header);
  const actors = new Set([...planned.keys(), ...runs.keys()]);
  return [...actors].flatMap((actor) => resultsOf(actor, planned.get(actor) ?? [], runs.get(actor), header));
}

/** The thresholds of each planned load by its actor; the second use of a load is `#2`, as the engine counts them. */
function plannedOf({ stages }: RunHeader): ReadonlyMap<string, readonly Named[]> {
  const used = new Map<string, number>();
  const loads = stages.flatMap((stage) => stage.loads ?? []);
  return new Map(
    loads.map(({ id, parameters }) => {
      const times = (used.get(id) ?? 0) + 1;
      used.set(id, times);
      return [`load:${id}${times === 1 ? "" : `#${times}`}`, namedIn(memberOf(parameters, "thresholds"))];
    }),
  );
}

/** Reads `{ mqtt_connect_ms: "p(95)<300" }`, where a metric may also have a list of expressions. */
function namedIn(thresholds: Json | undefined): readonly Named[] {
  if (typeof thresholds !== "object" || thresholds === null || Array.isArray(thresholds)) return [];
  return Object.entries(thresholds).flatMap(([metric, given]) =>
    [given].flat().flatMap((expression) => (typeof expression === "string" ? [{ metric, expression }] : [])),
  );
}

function resultsOf(
  actor: string,
  named: readonly Named[],
  run: LoadRun | undefined,
  { state }: RunHeader,
): readonly ExpectationResult[] {
  const judged = run?.thresholds ?? [];
  const heard = new Set(judged.map(keyOf));
  const unheard = named.filter((each) => !heard.has(keyOf(each)));
  return [
    ...judged.map((threshold) => resultOf(actor, threshold, judgedVerdict(threshold, run), state)),
    ...unheard.map((threshold) => resultOf(actor, threshold, unheardVerdict(run), state)),
  ];
}

function resultOf(
  actor: string,
  { metric, expression }: Named,
  { verdict, says }: Judged,
  state: RunState,
): ExpectationResult {
  const cut = verdict === "pass" && state !== "completed";
  return {
    metric: `${actor.slice("load:".length)}: ${metric}`,
    bound: expression,
    says: `${metric}: ${says}${cut ? ", but the run did not complete" : ""}`,
    verdict: cut ? "inconclusive" : verdict,
  };
}

/** Spaces in an expression mean nothing: the plan may write `p(95) < 300`. */
function keyOf({ metric, expression }: Named): string {
  return `${metric}\n${expression.replaceAll(/\s/g, "")}`;
}

interface Judged {
  readonly verdict: Verdict;
  readonly says: string;
}

function judgedVerdict({ held, measured }: RecordedThreshold, run: LoadRun | undefined): Judged {
  const says = measured ?? (held ? "kept, as the generator measured" : "not kept, as the generator measured");
  const doubt = run && whyDoubtful(run);
  if (doubt !== undefined) return { verdict: "inconclusive", says: `${doubt}; measured all the same: ${says}` };
  return { verdict: held ? "pass" : "fail", says };
}

function unheardVerdict(run: LoadRun | undefined): Judged {
  if (run === undefined) return { verdict: "inconclusive", says: "the run ended before the load began" };
  if (run.skipped) return { verdict: "not-tested", says: sayWhySkipped(run.skipped) };
  return { verdict: "inconclusive", says: whyDoubtful(run) ?? "the generator did not say whether it was kept" };
}
