import type { z } from "zod";
import { notesOf } from "#contract/judging.ts";
import type { Observation } from "#contract/observation.ts";

/** A note that was read as what its attack writes. */
export interface Noted<F> {
  readonly seq: number;
  readonly facts: F;
}

/** The notes of `action`. Throws where one is not of this shape: the check is then in error, as it should be. */
export function notedAs<S extends z.ZodType>(
  observations: readonly Observation[],
  action: string,
  shape: S,
): readonly Noted<z.output<S>>[] {
  return notesOf(observations, action).map(({ seq, detail }) => ({ seq, facts: shape.parse(detail) }));
}

export function seqsOf(noted: readonly { readonly seq: number }[]): readonly number[] {
  return noted.map(({ seq }) => seq);
}
