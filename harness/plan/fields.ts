import type { z } from "zod";
import type { Json, JsonObject } from "#contract/observation.ts";
import type { Path, PlanDocument } from "./document.ts";
import { sayIssue } from "./say-issue.ts";
import { closest, suggestion } from "./suggestion.ts";

/** Known keys, each with the schema of its value. */
export type Shape = { readonly [key: string]: z.ZodType };

/** What could be read of a mapping; a key that is wrong or missing is absent, and stands among the problems. */
export type Fields<S extends Shape> = { readonly [K in keyof S]?: z.output<S[K]> | undefined };

/**
 * Reads the mapping at `path` key by key, so that one wrong value hides none of the others.
 * @param what names the mapping in messages: `a stage`.
 */
export function readFields<S extends Shape>(document: PlanDocument, path: Path, shape: S, what: string): Fields<S> {
  const given = mappingAt(document, path, what);
  if (given === undefined) return {};
  const misspelt = reportUnknownKeys(document, path, given, Object.keys(shape), what);
  const read = Object.entries(shape).flatMap(([key, schema]) => {
    const result = schema.safeParse(given[key]);
    if (result.success) return [[key, result.data] as const];
    const meant = misspelt.has(key);
    if (given[key] !== undefined) reportIssues(document, [...path, key], result.error.issues);
    else if (!meant) document.problems.add(document.keyPlace(path), `${what} needs the key "${key}"`);
    return [];
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each value was parsed by the schema of its own key
  return Object.fromEntries(read) as Fields<S>;
}

/** The mapping at `path`; a problem and undefined where something else stands there. */
export function mappingAt(document: PlanDocument, path: Path, what: string): JsonObject | undefined {
  const given = document.at(path);
  if (isMapping(given)) return given;
  document.problems.add(document.place(path), `${what} must be a mapping of keys to values`);
  return undefined;
}

export function isMapping(given: Json | undefined): given is JsonObject {
  return typeof given === "object" && given !== null && !Array.isArray(given);
}

/** Reports each key that is not known; returns the known keys that were probably meant. */
export function reportUnknownKeys(
  document: PlanDocument,
  path: Path,
  given: JsonObject,
  known: readonly string[],
  what: string,
): ReadonlySet<string> {
  const meant = new Set<string>();
  for (const key of Object.keys(given).filter((name) => !known.includes(name))) {
    const free = known.filter((name) => given[name] === undefined);
    const best = closest(key, free);
    if (best !== undefined) meant.add(best);
    const choice = known.length === 0 ? "it has none" : `it has ${known.join(", ")}`;
    const help = best === undefined ? ` (${choice})` : suggestion(key, free);
    document.problems.add(document.keyPlace([...path, key]), `${what} has no key "${key}"${help}`);
  }
  return meant;
}

/** Puts what a schema found wrong inside the value at `path` to the places where it stands. */
export function reportIssues(document: PlanDocument, path: Path, issues: readonly z.core.$ZodIssue[]): void {
  for (const issue of issues) {
    const inside = [...path, ...issue.path.filter((key) => typeof key !== "symbol")];
    if (issue.code === "unrecognized_keys") {
      for (const key of issue.keys)
        document.problems.add(document.keyPlace([...inside, key]), `"${key}" is not a key here`);
      continue;
    }
    const name = inside.findLast((key) => typeof key === "string") ?? "";
    const at = document.at(inside) === undefined ? document.keyPlace(inside) : document.place(inside);
    document.problems.add(at, sayIssue(issue, name, document.at(inside)));
  }
}
