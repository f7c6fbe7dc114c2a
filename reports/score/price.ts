import type { Criticality } from "#contract/check.ts";
import type { Dimension, ImpactLevels, Level } from "#contract/impact.ts";
import { principles } from "../principles/principles.ts";

/** How much a check weighs in its practice: 10, 7.5, 5 or 2.5. */
export function weightOf(criticality: Criticality): number {
  return principles.scoring.weights[criticality];
}

/** The highest impact level among the kinds of harm that a gap can do; 0 where there are none. */
export function levelOf(dimensions: readonly Dimension[], levels: ImpactLevels): Level {
  return dimensions.reduce<Level>((highest, dimension) => {
    const level = levels[dimension];
    return level > highest ? level : highest;
  }, 0);
}

/** What a gap costs, as a multiple of its weight: 1 to 2. Impact raises the price of a gap, never the reward. */
export function priceOf(level: Level): number {
  return 1 + level / 3;
}
