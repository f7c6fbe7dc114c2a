/** Kinds of harm: to people or things, to an essential function, to personal or secret data, through many units at once. */
export type Dimension = "safety" | "availability" | "data" | "fleet";

/** 0 none, 1 limited, 2 serious, 3 severe. */
export type Level = 0 | 1 | 2 | 3;

export type ImpactLevels = { readonly [dimension in Dimension]: Level };
