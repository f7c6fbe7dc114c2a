import type { MetricType } from "./metrics.ts";

/** A threshold in k6's own notation, taken apart. */
export interface Threshold {
  /** `avg`, `p(95)`, `rate` */
  readonly aggregation: string;
  readonly operator: string;
  readonly value: number;
}

/** Aggregations that k6 has for each type of metric; for `p` a percentile stands in brackets. */
const aggregations = {
  counter: ["count", "rate"],
  gauge: ["value"],
  rate: ["rate"],
  trend: ["avg", "min", "max", "med", "p(N)"],
} as const satisfies { readonly [type in MetricType]: readonly string[] };

/** A side left of an operator, an operator (the longer ones first), and a number. */
const shape = /^\s*([a-z]+(?:\([^()]*\))?)\s*(<=|>=|===|==|!=|<|>)\s*(\d+(?:\.\d+)?)\s*$/;

/** The threshold that `text` is, or in words why it is none of a metric of this type. */
export function parseThreshold(text: string, type: MetricType): Threshold | string {
  const [, aggregation, operator, value] = shape.exec(text) ?? [];
  if (aggregation === undefined || operator === undefined || value === undefined) {
    return `is not a threshold of k6; write for example ${JSON.stringify(exampleOf(type))}`;
  }
  const percentile = /^p\((\d+(?:\.\d+)?)\)$/.exec(aggregation)?.[1];
  if (percentile !== undefined && Number(percentile) > 100) return `asks for the percentile ${percentile}, above 100`;
  const known: readonly string[] = aggregations[type];
  if (!known.includes(percentile === undefined ? aggregation : "p(N)")) {
    return `asks for "${aggregation}", but a ${type} has ${known.join(", ")}`;
  }
  return { aggregation, operator, value: Number(value) };
}

function exampleOf(type: MetricType): string {
  return { counter: "count<10", gauge: "value<100", rate: "rate>0.99", trend: "p(95)<300" }[type];
}
