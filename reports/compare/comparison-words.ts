import type { Row, Standing } from "./comparison.ts";

/** How a row is marked; rows that are the same everywhere carry no mark. */
export const standingWords: { readonly [standing in Standing]: string } = {
  differ: "≠ targets differ",
  partly: "◐ left open by some",
  same: "",
};

/** What is said before the table where nothing differs. */
export const nothingDiffers = "No question is passed by one of these targets and failed by another.";

/** What a load's figures were measured on. */
export const unsound = "the generator did not keep up";

/** The questions that one target passes and another fails. */
export function differing(rows: readonly Row[]): readonly Row[] {
  return rows.filter(({ standing }) => standing === "differ");
}
