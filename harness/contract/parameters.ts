import { z } from "zod";

/** Reads `250ms`, `5s`, `1.5m`, `2h` as milliseconds; undefined for anything else. */
export function millisecondsOf(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  if (match?.[1] === undefined) return undefined;
  return Math.round(Number(match[1]) * (unitMs.get(match[2] ?? "") ?? 0));
}

const unitMs = new Map([
  ["ms", 1],
  ["s", 1_000],
  ["m", 60_000],
  ["h", 3_600_000],
]);

const durationText = /^\d+(\.\d+)?(ms|s|m|h)$/;

/**
 * A duration written as `5s` and read as milliseconds.
 * @param bounds `atMost` (and `atLeast`, default 0) in the same notation; a value outside is an error of the plan.
 */
export function duration(bounds: { readonly atMost: string; readonly atLeast?: string }) {
  const most = bound(bounds.atMost);
  const least = bound(bounds.atLeast ?? "0ms");
  return z
    .string()
    .regex(durationText, "is not a duration; write for example 500ms, 5s or 2m")
    .transform((text) => millisecondsOf(text) ?? 0)
    .refine((ms) => ms <= most, `is more than ${bounds.atMost}, the most that is allowed`)
    .refine((ms) => ms >= least, `is less than ${bounds.atLeast ?? "0ms"}, the least that is allowed`);
}

function bound(text: string): number {
  const ms = millisecondsOf(text);
  if (ms === undefined) throw new Error(`"${text}" is not a duration`);
  return ms;
}

/** A whole number between the bounds, both included. */
export function count(bounds: { readonly atLeast?: number; readonly atMost: number }) {
  return z
    .number()
    .int("is not a whole number")
    .min(bounds.atLeast ?? 0)
    .max(bounds.atMost);
}
