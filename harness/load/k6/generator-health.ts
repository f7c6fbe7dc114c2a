import { type Histogram, quantileOf } from "#contract/latency.ts";
import type { LoadGenerator } from "#contract/load.ts";

/** What is known about a generator after its work. */
export interface GeneratorFacts {
  /** Iterations begun, and those that should have been. */
  readonly iterations: number;
  readonly dropped: number;
  /** Cores used, one value a second. */
  readonly cores: readonly number[];
  readonly availableCores: number;
  /** By how much work began late, milliseconds. */
  readonly late: Histogram;
  /** Connections that this machine could not begin: no file or port was left. */
  readonly notBegun: number;
  /** Errors inside the scripts themselves. */
  readonly exceptions: number;
  readonly firstException?: string;
  /** It did not end when it should have, so it was killed and summed nothing up. */
  readonly killed: boolean;
}

/** Above these the numbers may be the generator's own, and not those of the target. */
const limits = {
  droppedShare: 0.001,
  coresShare: 0.9,
  lateMs: 100,
};

/** k6 leaves a WebSocket only once the other side answers its closing frame. */
const unended =
  "it did not end when it should have, as k6 does that waits for a target which answers nothing, and was killed before it could sum up";

/** Whether the generator kept its plan, and what was looked at. */
export function healthOf(facts: GeneratorFacts): LoadGenerator {
  const used = quantileAt95(facts.cores);
  const late = quantileOf(facts.late, 0.95)?.value;
  const complaints = [
    ...dropComplaint(facts),
    ...coreComplaint(used, facts.availableCores),
    ...(late !== undefined && late > limits.lateMs
      ? [`work began late: by ${round(late)} ms at the 95th percentile, more than ${limits.lateMs} ms`]
      : []),
    ...(facts.notBegun > 0 ? [`${facts.notBegun} connections had no file or port left on this machine`] : []),
    ...(facts.exceptions > 0
      ? [`${facts.exceptions} errors inside its scripts, such as: ${facts.firstException ?? ""}`]
      : []),
    ...(facts.killed ? [unended] : []),
  ];
  return {
    healthy: complaints.length === 0,
    because: complaints.length === 0 ? wellBecause(facts, used, late) : `The generator ${sentence(complaints)}.`,
    dropped: facts.dropped,
    ...(used !== undefined && { cores: { used: round(used), of: facts.availableCores } }),
    ...(late !== undefined && { lateMs: round(late) }),
  };
}

function dropComplaint({ dropped, iterations }: GeneratorFacts): readonly string[] {
  const planned = dropped + iterations;
  if (dropped === 0 || dropped / planned <= limits.droppedShare) return [];
  return [`${dropped} of ${planned} iterations could not begin, because every client was busy`];
}

function coreComplaint(used: number | undefined, of: number): readonly string[] {
  if (used === undefined || used < of * limits.coresShare) return [];
  return [`it used ${round(used)} of ${of} processor cores at the 95th percentile, so it had none to spare`];
}

function wellBecause({ dropped }: GeneratorFacts, used: number | undefined, late: number | undefined): string {
  const seen = [
    `${dropped} iterations were dropped`,
    ...(used === undefined ? [] : [`it used ${round(used)} processor cores`]),
    ...(late === undefined ? [] : [`work began at most ${round(late)} ms late at the 95th percentile`]),
  ];
  return `The generator kept its plan: ${seen.join(", ")}.`;
}

function sentence(complaints: readonly string[]): string {
  return `did not keep its plan: ${complaints.join("; ")}`;
}

function quantileAt95(values: readonly number[]): number | undefined {
  return values.toSorted((one, other) => one - other)[Math.max(0, Math.ceil(values.length * 0.95) - 1)];
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
