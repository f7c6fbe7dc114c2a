/** What a user may be attacked by their own word: the content of a scope file. */
export interface Scope {
  /** Who answers for the targets. */
  readonly owner: string;
  readonly targets: readonly { readonly host: string; readonly ports: readonly number[] | "any" }[];
  /** ISO 8601 date or time after which nothing here may be attacked. */
  readonly expires: string;
  readonly limits?: { readonly connections?: number; readonly ratePerSecond?: number };
}
