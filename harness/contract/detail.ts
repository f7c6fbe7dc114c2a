import type { Attempted } from "./judging.ts";
import type { Json, JsonObject } from "./observation.ts";

/** A field of a recorded detail; undefined where the detail is no object or has no such field. */
export function fieldOf(detail: Json | undefined, key: string): Json | undefined {
  return isObject(detail) ? detail[key] : undefined;
}

/** A field of a recorded detail as text; empty where there is none. */
export function textOf(detail: Json | undefined, key: string): string {
  const field = fieldOf(detail, key);
  return typeof field === "string" ? field : field === undefined ? "" : JSON.stringify(field);
}

/** A field of a recorded detail as a number; undefined where there is none. */
export function numberOf(detail: Json | undefined, key: string): number | undefined {
  const field = fieldOf(detail, key);
  return typeof field === "number" ? field : undefined;
}

/** What was found, on the line that ends an attempt; on the one that begins it where nothing ended it. */
export function foundIn({ began, ended }: Attempted): Json | undefined {
  return (ended ?? began).detail;
}

/** The observation that tells how an attempt ended; where none does, the one that began it. */
export function seqOf({ began, ended }: Attempted): number {
  return (ended ?? began).seq;
}

export function isObject(detail: Json | undefined): detail is JsonObject {
  return typeof detail === "object" && detail !== null && !Array.isArray(detail);
}
