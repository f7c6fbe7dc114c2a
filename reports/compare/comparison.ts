import type { Verdict } from "#contract/check.ts";
import type { Operation } from "#contract/load.ts";
import type { RunState } from "#contract/record.ts";
import type { Estimate, LoadWindow, Report } from "#contract/report.ts";
import type { Posture } from "#contract/target.ts";

/** A report that takes part in a comparison. */
export interface Entry {
  readonly report: Report;
  /** Its HTML page, relative to the comparison, with `/`. */
  readonly href?: string;
}

/** A target that was to be compared and could not be started. */
export interface LeftOut {
  readonly target: string;
  readonly because: string;
  readonly hint: string;
}

/** One run: a column of every table. */
export interface Column {
  /** Tells it from all others: `container:mosquitto, weak`. */
  readonly name: string;
  readonly target: string;
  /** Product and version. */
  readonly product: string;
  readonly posture?: Posture;
  readonly run: string;
  readonly href?: string;
  readonly state: RunState;
  /** Of the whole run. */
  readonly verdict: Verdict;
  /** Rows of this comparison by their verdict in this column. */
  readonly counts: { readonly [verdict in Verdict]: number };
}

/** What one run says to one question. */
export interface Cell {
  readonly verdict: Verdict;
  readonly says: string;
  /** Where the page of the run tells it in full: the part of an address behind `#`. */
  readonly anchor: string;
}

/**
 * How the runs stand to one question. `differ`: one passes and another fails. `partly`: those that pass or fail agree,
 * and others leave the question open.
 */
export type Standing = "differ" | "partly" | "same";

/** One question, with a cell for each column; undefined where a report does not know the question. */
export interface Row {
  readonly kind: "check" | "expectation";
  /** Id of the check; metric and bound of an expectation. */
  readonly id: string;
  readonly asks: string;
  readonly standing: Standing;
  readonly cells: readonly (Cell | undefined)[];
}

/** The questions of one principle, or the expectations. */
export interface Group {
  readonly title: string;
  readonly rows: readonly Row[];
}

/** What clients of a load got, with a cell for each column; undefined where it was not run there. */
export interface LoadRow {
  readonly load: string;
  readonly window: LoadWindow["window"];
  readonly operation: Operation;
  readonly cells: readonly (LoadCell | undefined)[];
}

export interface LoadCell {
  readonly availability?: Estimate;
  readonly p50?: Estimate;
  readonly p95?: Estimate;
  readonly p99?: Estimate;
  /** False where the generator did not keep up, or did not tell, so that the numbers need not be the target's. */
  readonly sound: boolean;
}

/** Several reports side by side; the content of `comparison.json`. Renderers add nothing of their own. */
export interface Comparison {
  readonly format: 1;
  readonly title: string;
  readonly columns: readonly Column[];
  readonly groups: readonly Group[];
  /** Questions that no run put to its target; they are in no group. */
  readonly unasked: readonly string[];
  readonly loads: readonly LoadRow[];
  /** What keeps the columns from being compared just so: runs that did not complete, other plans, other seeds. */
  readonly notes: readonly string[];
  readonly leftOut: readonly LeftOut[];
}
