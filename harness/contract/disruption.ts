import type { z } from "zod";
import type { Bench } from "./bench.ts";
import type { Check, Twin } from "./check.ts";
import type { Capability, Having } from "./target.ts";

/** What befalls a system. Imposed at the start of its stage, lifted when the stage ends, whatever happens. */
export interface Disruption<N extends Capability = Capability, P extends z.ZodObject = z.ZodObject> {
  readonly id: string;
  readonly title: string;
  readonly explains: string;
  readonly needs: readonly N[];
  readonly parameters: P;
  /** How long it lasts before the return is watched, milliseconds; the stage is at least this long. */
  lastsMs(parameters: z.output<P>): number;
  /** Time after it was lifted in which the fleet is watched coming back, milliseconds. */
  watchMs(parameters: z.output<P>): number;
  /** Whether the fleet is expected to lose its connections. */
  readonly severs: boolean;
  /**
   * Resolves once it is in force. Disposing lifts it and resolves once it is lifted; an error of something that goes on
   * meanwhile belongs there, never in an unhandled rejection. `bench.signal` aborts when the stage ends; disposal follows
   * by itself, so a rhythm of its own only has to stop then.
   */
  impose(bench: Bench, can: Having<N>, parameters: z.output<P>): Promise<AsyncDisposable>;
  readonly checks?: readonly Check[];
  readonly twins?: readonly Twin[];
}

/** Keeps the types of capabilities and parameters together; returns what it is given. */
export function defineDisruption<N extends Capability, P extends z.ZodObject>(
  disruption: Disruption<N, P>,
): Disruption<N, P> {
  return disruption;
}
