import type { z } from "zod";
import type { JsonObject } from "#contract/observation.ts";
import type { Path, PlanDocument } from "./document.ts";
import { mappingAt, reportIssues, reportUnknownKeys } from "./fields.ts";

/**
 * Parses the parameters that stand at `path` by a unit's schema; none there means the defaults.
 * What is wrong is reported, each at its place; then the result is empty.
 */
export function readParameters(document: PlanDocument, path: Path, schema: z.ZodObject, unit: string): JsonObject {
  const given = document.at(path) ?? {};
  const mapping = Object.keys(given).length === 0 ? {} : mappingAt(document, path, `what is given to ${unit}`);
  if (mapping === undefined) return {};
  const known = Object.keys(schema.shape);
  reportUnknownKeys(document, path, mapping, known, unit);
  const result = schema.safeParse(Object.fromEntries(Object.entries(mapping).filter(([key]) => known.includes(key))));
  if (result.success) return jsonOf(result.data);
  reportIssues(document, path, result.error.issues);
  return {};
}

/** Parameters as they are recorded. */
export function jsonOf(parsed: Record<string, unknown>): JsonObject {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- parameters are read from JSON and saved as JSON
  return parsed as JsonObject;
}
