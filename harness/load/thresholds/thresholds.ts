import { distance } from "fastest-levenshtein";
import { z } from "zod";
import { parseThreshold } from "./expression.ts";
import type { Metrics } from "./metrics.ts";

const mostExpressions = 10;

/** Thresholds as they stand in a scenario, by metric. */
export interface Thresholds {
  readonly [metric: string]: readonly string[];
}

/**
 * Schema of `thresholds`: a list of k6's own expressions for each metric. A metric that the load does not measure, and an
 * expression that k6 cannot read or that does not fit the metric, is wrong before anything starts.
 */
export function thresholds(metrics: Metrics) {
  return z
    .record(z.string(), z.array(z.string()).min(1).max(mostExpressions))
    .superRefine((given, context) => {
      for (const [name, expressions] of Object.entries(given)) {
        const metric = metrics[name];
        if (metric === undefined) {
          context.addIssue({ code: "custom", path: [name], message: unknownMetric(name, Object.keys(metrics)) });
          continue;
        }
        expressions.forEach((expression, n) => {
          const read = parseThreshold(expression, metric.type);
          if (typeof read === "string") {
            context.addIssue({ code: "custom", path: [name, n], message: `${read} (${JSON.stringify(expression)})` });
          }
        });
      }
    })
    .default({})
    .describe(
      `what must hold, by metric, in k6's words: {mqtt_connect_ms: ["p(95)<300"]}; metrics: ${Object.keys(metrics).join(", ")}`,
    );
}

function unknownMetric(name: string, known: readonly string[]): string {
  if (name.includes("{")) {
    return `selects part of a metric, which is not possible here; set a threshold on "${name.split("{")[0] ?? ""}" as a whole`;
  }
  const [nearest] = known
    .map((one) => ({ one, away: distance(one, name) }))
    .toSorted((one, other) => one.away - other.away);
  const isNear = nearest !== undefined && nearest.away <= Math.max(2, Math.floor(name.length / 4));
  const meant = isNear ? `; did you mean "${nearest.one}"?` : "";
  return `is not measured by this load, which has ${known.join(", ")}${meant}`;
}
