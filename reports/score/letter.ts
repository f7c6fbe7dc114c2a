import type { Fidelity } from "#contract/target.ts";
import { principles } from "../principles/principles.ts";

const { letters, noLetterBelowCoverage } = principles.scoring;

const suffix: { readonly [fidelity in Fidelity]: string } = { simulated: "·sim", emulated: "·emu", physical: "" };

/** A letter, or why there is none. */
export type Grade = { readonly letter: string } | { readonly ungradedBecause: string };

/**
 * The letter of a full assessment.
 * @param because why this was not a full assessment; absent where it was
 */
export function gradeOf(
  score: { readonly proven: number; readonly coverage: number },
  fidelity: Fidelity,
  because?: string,
): Grade {
  if (because !== undefined) return { ungradedBecause: because };
  if (score.coverage < noLetterBelowCoverage) {
    const needed = noLetterBelowCoverage * 100;
    // Rounded as everywhere else, but never up to the bound that it misses.
    const covered = Math.min(Math.round(score.coverage * 100), needed - 1);
    return { ungradedBecause: `covered is only ${covered} %, less than ${needed} %` };
  }
  const letter = letters.find(({ from }) => score.proven >= from)?.letter ?? "F";
  return { letter: `${letter}${suffix[fidelity]}` };
}
