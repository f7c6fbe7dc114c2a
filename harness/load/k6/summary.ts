import { readFile } from "node:fs/promises";
import { z } from "zod";
import type { LoadThreshold } from "#contract/load.ts";
import type { Thresholds } from "../thresholds/thresholds.ts";

const shape = z.object({
  metrics: z.record(
    z.string(),
    z.object({
      type: z.string(),
      values: z.record(z.string(), z.number()),
      thresholds: z.record(z.string(), z.object({ ok: z.boolean() })).optional(),
    }),
  ),
  root_group: z.object({
    checks: z.array(z.object({ name: z.string(), passes: z.number(), fails: z.number() })),
  }),
});

/** What k6 says in the end: values and thresholds of each metric, and its checks. */
export type K6Summary = z.output<typeof shape>;

/** Reads the summary that a script wrote; undefined where k6 was killed before it could write one. */
export async function readSummary(path: string): Promise<K6Summary | undefined> {
  try {
    return shape.safeParse(JSON.parse(await readFile(path, "utf8"))).data;
  } catch {
    return undefined;
  }
}

/**
 * Each threshold that was asked for, in that order, as k6 judged it. One on times or shares of which there is not a single
 * one does not hold, although k6 lets it pass: nothing was shown. A count of nothing is 0.
 */
export function thresholdsIn({ metrics }: K6Summary, asked: Thresholds): readonly LoadThreshold[] {
  return Object.entries(asked).flatMap(([metric, expressions]) =>
    expressions.map((expression) => judged(metric, expression, metrics[metric])),
  );
}

function judged(metric: string, expression: string, seen: K6Summary["metrics"][string] | undefined): LoadThreshold {
  if (seen === undefined || isWithoutSamples(seen.type, seen.values)) {
    return { metric, expression, held: false, measured: "nothing was measured" };
  }
  const measured = measuredFor(expression, seen.values);
  const held = seen.thresholds?.[expression]?.ok ?? false;
  return { metric, expression, held, ...(measured !== undefined && { measured }) };
}

function isWithoutSamples(type: string, values: Readonly<Record<string, number>>): boolean {
  if (type === "trend") return values["count"] === 0;
  return type === "rate" && (values["passes"] ?? 0) + (values["fails"] ?? 0) === 0;
}

function measuredFor(expression: string, values: Readonly<Record<string, number>>): string | undefined {
  const [aggregation = ""] = expression.trim().split(/\s*[<>=!]/);
  const value = values[aggregation];
  return value === undefined ? undefined : `${aggregation} = ${Math.round(value * 1_000) / 1_000}`;
}

/** The values of each metric, to three places, in the order of their names: k6 itself has none. */
export function valuesIn({ metrics }: K6Summary): Readonly<Record<string, Readonly<Record<string, number>>>> {
  return Object.fromEntries(
    byName(metrics).map(([name, { values }]) => [
      name,
      Object.fromEntries(byName(values).map(([key, value]) => [key, Math.round(value * 1_000) / 1_000])),
    ]),
  );
}

function byName<T>(map: Readonly<Record<string, T>>): readonly (readonly [name: string, value: T])[] {
  return Object.entries(map).toSorted(([one], [other]) => (one < other ? -1 : 1));
}
