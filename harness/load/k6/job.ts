import type { Scenario } from "k6/options";
import type { JsonObject } from "#contract/observation.ts";
import type { Thresholds } from "../thresholds/thresholds.ts";

/** What one load wants of k6. */
export interface K6Job {
  /** Name of the script in `scripts/`, without `.k6.ts`. */
  readonly script: string;
  readonly clients: number;
  /** Whether the operator takes part, who may address every device. */
  readonly needsOperator: boolean;
  /** How long it sends, milliseconds. */
  readonly lastsMs: number;
  /** Connections or messages a second at most, all clients together. */
  readonly perSecond: number;
  readonly scenarios: { readonly [name: string]: Scenario };
  readonly thresholds: Thresholds;
  /** Settings of the script's own. */
  readonly own: JsonObject;
}

/** Time that k6 leaves its clients to end after the plan is over: longer than one waits for a CONNACK and for PUBACKs. */
export const gracefulMs = 15_000;

/** As k6 writes durations. */
export function durationOf(ms: number): string {
  return `${Math.round(ms)}ms`;
}
