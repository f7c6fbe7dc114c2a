import type { History, JsonObject } from "./observation.ts";
import type { Product } from "./product.ts";
import type { TargetFacts } from "./target.ts";

/** A threshold over a metric of the run; judged with the run, saved with it. */
export interface Expectation {
  /** `recovery.t50` `recovery.t90` `recovery.t99` (ms) · `telemetry.lost` (share) · `connected.lowest` (share) · … */
  readonly metric: string;
  readonly atMost?: number;
  readonly atLeast?: number;
}

/** `running` in a stored record means that the run never came to its end. */
export type RunState = "running" | "completed" | "aborted" | "failed";

/** The content of `run.json`: all that a judge needs beside the history. */
export interface RunHeader {
  /** Version of this format. */
  readonly format: 1;
  readonly tool: { readonly name: "seatrial"; readonly version: string };
  readonly id: string;
  readonly seed: string;
  readonly scenario: { readonly id: string; readonly title: string };
  readonly state: RunState;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly endedAt?: string;
  /** Why it did not complete, where it did not. */
  readonly ended?: { readonly code: string; readonly message: string };
  readonly target: TargetFacts;
  readonly fleets: readonly {
    readonly device: string;
    readonly size: number;
    readonly posture: { readonly [knob: string]: string };
  }[];
  readonly stages: readonly {
    readonly name: string;
    readonly attacks: readonly { readonly id: string; readonly parameters: JsonObject }[];
    readonly disruptions: readonly { readonly id: string; readonly parameters: JsonObject }[];
    /** Absent in records of versions that had no loads. */
    readonly loads?: readonly { readonly id: string; readonly parameters: JsonObject }[];
  }[];
  readonly expects: readonly Expectation[];
  /** Present in an assessment: the score is only computed then. */
  readonly product?: Product;
  /** The line that runs the same again. */
  readonly command: string;
  /** Who owns the target and until when it may be attacked, where a scope file said so. */
  readonly authorization?: { readonly owner: string; readonly expires: string };
}

/** A stored run, complete or not. */
export interface RunRecord {
  readonly header: RunHeader;
  readonly history: History;
}
