import { LabError } from "#contract/errors.ts";

/** Where something stands in a file; both numbers count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** One thing that is wrong in a file. */
export interface Problem extends Place {
  readonly file: string;
  readonly message: string;
  readonly hint?: string;
}

/** An E_PLAN that also carries its problems one by one, for whoever shows them in another way than as text. */
export class PlanError extends LabError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[], hint: string) {
    super("E_PLAN", describe(problems), hint);
    this.problems = problems;
  }
}

/** Enough to work on; a file with more has one cause that makes them all. */
const mostShown = 40;

function describe(problems: readonly Problem[]): string {
  const lines = problems.slice(0, mostShown).map(({ file, line, column, message, hint }) => {
    const more = hint === undefined ? "" : `\n    ${hint}`;
    return `${file}:${line}:${column}: ${message}${more}`;
  });
  const rest = problems.length - lines.length;
  return [...lines, ...(rest > 0 ? [`… and ${rest} more`] : [])].join("\n");
}

/** Collects what is wrong in one file, so that a reader hears all of it at once. */
export class Problems {
  readonly #file: string;
  readonly #page: string;
  readonly #found: Problem[] = [];

  /** @param page the page of the documentation that describes this kind of file. */
  constructor(file: string, page: string) {
    this.#file = file;
    this.#page = page;
  }

  get count(): number {
    return this.#found.length;
  }

  add(at: Place, message: string, hint?: string): void {
    this.#found.push({ file: this.#file, ...at, message, ...(hint !== undefined && { hint }) });
  }

  /** Throws one {@link PlanError} with every problem in the order of the file, where there is any. */
  throwIfAny(): void {
    if (this.#found.length === 0) return;
    const inOrder = this.#found.toSorted((one, other) => one.line - other.line || one.column - other.column);
    throw new PlanError(inOrder, `Correct the file and try again; ${this.#page} describes every key.`);
  }
}
