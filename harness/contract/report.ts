import type { Answer, Criticality, Rung, Verdict } from "./check.ts";
import type { Dimension, Level } from "./impact.ts";
import type { LoadCounted, LoadGenerator, LoadSkipped, Operation } from "./load.ts";
import type { ActorId, Beat, Phase, WireReference } from "./observation.ts";
import type { RunHeader } from "./record.ts";
import type { Fidelity } from "./target.ts";

/** One line of the history, shortened, so that a report can be read without it. */
export interface Excerpt {
  readonly seq: number;
  readonly atMs: number;
  readonly actor: ActorId;
  readonly action: string;
  readonly phase: Phase;
  readonly beat?: Beat;
  /** Detail and error as text, cut to a few hundred characters. */
  readonly text: string;
  readonly wire?: WireReference;
}

/** A check with its answer and all that a reader needs to act on it. */
export interface Finding extends Answer {
  readonly check: string;
  readonly asks: string;
  readonly covers: string;
  readonly remedy: string;
  /** The line that repeats just this. */
  readonly command: string;
  /** The first of the lines that `evidence` names, at most a dozen. */
  readonly excerpts: readonly Excerpt[];
}

/** What the score makes of one check of the catalogue. */
export interface CatalogueResult {
  readonly id: string;
  readonly asserts: string;
  readonly criticality: Criticality;
  readonly nature: "deterministic" | "rate" | "metric" | "graded";
  readonly dimensions: readonly Dimension[];
  /** How it can be known: by a run, from an artefact, or from a statement. */
  readonly evidence: "dynamic" | "static" | "declared";
  readonly requiredRung: Rung;
  /** Weight by criticality: 10, 7.5, 5 or 2.5. */
  readonly weight: number;
  readonly verdict: Verdict;
  /** Why it is not-tested, not-applicable or out of reach, where it is. */
  readonly because?: string;
  readonly findings: readonly Finding[];
  readonly level: Level;
  /** Proven and possible credit, 0 to 1. */
  readonly credit: { readonly low: number; readonly high: number };
  /** Points of L gained if this check alone became a pass. */
  readonly pointsLost?: number;
}

export interface PracticeResult {
  readonly id: string;
  readonly name: string;
  readonly paraphrase: string;
  /** What no evidence of seatrial can show about it. */
  readonly limits: string;
  /** Where other catalogues ask something related; `uncertain` ids are weaker guesses. */
  readonly crosswalk: readonly {
    readonly standard: string;
    readonly ids: readonly string[];
    readonly uncertain: readonly string[];
  }[];
  readonly verdict: Verdict;
  readonly checks: readonly CatalogueResult[];
  readonly proven?: number;
  readonly possible?: number;
}

export interface PrincipleResult {
  readonly id: string;
  readonly title: string;
  readonly question: string;
  readonly verdict: Verdict;
  readonly practices: readonly PracticeResult[];
  /** Shares of weight, 0 to 1, that are proven, failed and unproven; they add up to 1. */
  readonly shares: { readonly proven: number; readonly failed: number; readonly unproven: number };
  readonly proven?: number;
  readonly possible?: number;
}

/** A cap on the score, with the finding that would lift it. */
export interface Gate {
  readonly id: "G1" | "G2" | "G2b";
  readonly cap: number;
  readonly bound: "proven" | "possible";
  readonly because: string;
  readonly lifts: readonly string[];
}

export interface Score {
  /** L, U: 0 to 100. */
  readonly proven: number;
  readonly possible: number;
  /** C: 0 to 1. */
  readonly coverage: number;
  readonly gates: readonly Gate[];
  /** `B·sim`, or undefined where none is given. */
  readonly letter?: string;
  readonly ungradedBecause?: string;
}

/** A stretch of time in which something was done to the system. */
export interface Lane {
  readonly actor: string;
  readonly label: string;
  readonly kind: "attack" | "disruption" | "load" | "stage";
  readonly fromMs: number;
  readonly toMs: number;
}

/** How the fleet fared, second by second. */
export interface HealthPoint {
  readonly atMs: number;
  /** Share of devices that should be connected and are, 0 to 1. */
  readonly connected: number;
  /** Share of essential functions that were due and were performed, 0 to 1. */
  readonly functioning: number;
}

/** How a fleet came back from one disruption. */
export interface Recovery {
  readonly actor: string;
  readonly title: string;
  /** When the disruption was lifted. */
  readonly liftedAtMs: number;
  readonly devices: number;
  /** Time from the lift until this share was back; undefined (never dropped) where it was not within the watch. */
  readonly t50Ms?: number;
  readonly t90Ms?: number;
  readonly t99Ms?: number;
  readonly watchedMs: number;
  /** Points of the curve: time since the lift, share of devices back. */
  readonly curve: readonly { readonly atMs: number; readonly back: number }[];
  /** Largest share of the fleet that tried to connect within one tenth of a second. */
  readonly peakTenth: number;
}

/** A share or a time with its 95 % interval. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** What honest clients of a load got in a stretch of time. */
export interface LoadWindow {
  /**
   * Before anything was done to the system beside the load, while it was, after the last of it had ended; `alone` is all
   * of a load with nothing beside it.
   */
  readonly window: "alone" | "before" | "during" | "after";
  readonly seconds: number;
  readonly operations: readonly {
    readonly operation: Operation;
    readonly ok: number;
    readonly failed: number;
    /** Share that succeeded, with its Wilson interval; absent where nothing was tried. */
    readonly availability?: Estimate;
    /** Milliseconds; absent where nothing succeeded. */
    readonly p50?: Estimate;
    readonly p95?: Estimate;
    readonly p99?: Estimate;
  }[];
}

/** How a load went. */
export interface LoadResult {
  readonly actor: string;
  readonly load: string;
  /** Why nothing was sent, and the command that brings what is missing. */
  readonly skipped?: LoadSkipped;
  readonly windows: readonly LoadWindow[];
  readonly generator?: LoadGenerator;
  readonly counted: readonly LoadCounted[];
  /** The generator's own report, relative to the run directory. */
  readonly dashboard?: string;
}

/** What a target used at a moment, as far as it could be measured. */
export interface ResourceUse {
  readonly actor: string;
  readonly atMs: number;
  /** Processor time, in cores. */
  readonly cores?: number;
  readonly memoryBytes?: number;
  readonly openFiles?: number;
}

/** The result of an expectation of the scenario. */
export interface ExpectationResult {
  readonly metric: string;
  readonly bound: string;
  /** Milliseconds or a share from 0 to 1, as the metric says. */
  readonly measured?: number;
  /** What was measured, in words and with its unit. */
  readonly says: string;
  readonly verdict: Verdict;
}

/** Everything that any format shows; the content of `result.json`. Renderers add nothing of their own. */
export interface Report {
  readonly format: 1;
  readonly header: RunHeader;
  readonly catalogue: { readonly id: string; readonly title: string };
  /** That of the least true part: devices are simulated wherever a fleet takes part. */
  readonly fidelity: Fidelity;
  /** All findings and expectations together; at best inconclusive where the run did not complete. */
  readonly verdict: Verdict;
  /** Catalogue checks by verdict, those out of reach left out. */
  readonly counts: { readonly [verdict in Verdict]: number };
  readonly principles: readonly PrincipleResult[];
  /** Only in an assessment. */
  readonly score?: Score;
  /** Catalogue checks that no target of this fidelity can answer. */
  readonly outOfReach: { readonly checks: readonly string[]; readonly weightShare: number };
  /** Catalogue checks that a rule over facts takes out, as a share of all weight. */
  readonly notApplicable: { readonly checks: readonly string[]; readonly weightShare: number };
  readonly expectations: readonly ExpectationResult[];
  readonly lanes: readonly Lane[];
  readonly health: readonly HealthPoint[];
  readonly recoveries: readonly Recovery[];
  readonly loads: readonly LoadResult[];
  /** In order of time; absent where nobody measured. */
  readonly resources?: readonly ResourceUse[];
  /** SHA-256 of history.jsonl, in hex, where the caller gave it. */
  readonly historyDigest?: string;
}

export interface Artefact {
  /** Path relative to the run directory. */
  readonly path: string;
  readonly content: string;
}

/** A report format. Pure; only the cli writes. */
export interface Renderer {
  readonly format: string;
  readonly title: string;
  render(report: Report): readonly Artefact[];
}
