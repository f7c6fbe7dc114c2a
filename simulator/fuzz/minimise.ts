/** How much a search may cost. */
export interface TrialBudget {
  /** Trials left; each call of a test takes one. */
  left: number;
  /** True once the search has to end for another reason, such as time. */
  isOver(): boolean;
}

/**
 * Delta debugging (Zeller and Hildebrandt 2002): the shortest list that this search finds for which `fails` still holds.
 * `items` must fail as a whole. Ends with what it has when the budget is used up.
 */
export async function minimiseList<T>(
  items: readonly T[],
  fails: (kept: readonly T[]) => Promise<boolean>,
  budget: TrialBudget,
): Promise<readonly T[]> {
  let kept = items;
  let pieces = 2;
  while (kept.length > 1) {
    const size = Math.ceil(kept.length / pieces);
    const smaller = await firstFailing(complements(kept, size), fails, budget);
    if (smaller !== undefined) {
      kept = smaller;
      pieces = Math.max(2, pieces - 1);
    } else if (size === 1 || isUsedUp(budget)) {
      return kept;
    } else {
      pieces = Math.min(kept.length, pieces * 2);
    }
  }
  return kept;
}

/** Replaces a value by the first simpler one that still fails, again and again, until none does or the budget is used up. */
export async function simplify<T>(
  value: T,
  simpler: (value: T) => readonly T[],
  fails: (value: T) => Promise<boolean>,
  budget: TrialBudget,
): Promise<T> {
  let kept = value;
  for (;;) {
    const next = await firstFailing(simpler(kept), fails, budget);
    if (next === undefined) return kept;
    kept = next;
  }
}

async function firstFailing<T>(
  candidates: readonly T[],
  fails: (candidate: T) => Promise<boolean>,
  budget: TrialBudget,
): Promise<T | undefined> {
  for (const candidate of candidates) {
    if (isUsedUp(budget)) return undefined;
    budget.left--;
    if (await fails(candidate)) return candidate;
  }
  return undefined;
}

/** The list without each of its pieces; the first pieces go first, since what made the difference mostly came last. */
function complements<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  const starts = Array.from({ length: Math.ceil(items.length / size) }, (_, piece) => piece * size);
  return starts.map((start) => items.toSpliced(start, size)).filter((rest) => rest.length > 0);
}

function isUsedUp(budget: TrialBudget): boolean {
  return budget.left <= 0 || budget.isOver();
}
