import type { Dimension, ImpactLevels, Level } from "./impact.ts";
import type { JsonObject } from "./observation.ts";

/** What a vendor declares about a product, as far as a run and its score need it. */
export interface Product {
  readonly id: string;
  readonly title: string;
  /** Levels after the floors that facts set; why a floor applied is in `floors`. */
  readonly impact: ImpactLevels;
  readonly reasons: { readonly [dimension in Dimension]?: string };
  readonly floors: readonly { readonly dimension: Dimension; readonly level: Level; readonly because: string }[];
  readonly use?: string;
  readonly environment?: string;
  /** Catalogue checks that do not apply, each with the rule over facts (or the person and reason) that says so. */
  readonly notApplicable: readonly { readonly check: string; readonly because: string }[];
  readonly declared: JsonObject;
}
