import type { z } from "zod";
import type { Json } from "#contract/observation.ts";
import { suggestion } from "./suggestion.ts";

/** What a schema found wrong with `given`, as a sentence about the value called `name`. */
export function sayIssue(issue: z.core.$ZodIssue, name: string, given: Json | undefined): string {
  const subject = `"${name}"`;
  if (name === "password" && issue.code === "invalid_type") return `${subject} must be text; write it in quotes`;
  // A schema's own words are a predicate ("is not a duration"); the library's begin with a capital.
  if (/^[a-z]/.test(issue.message)) return `${subject} ${issue.message}`;
  if (issue.code === "invalid_type") {
    return `${subject} must be ${article(issue.expected)}, but is ${kindOf(given)}${unitHint(issue.expected, given)}`;
  }
  if (issue.code === "too_small") {
    return `${subject} is ${sizeOf(given)}, but must be at least ${String(issue.minimum)}${items(given)}`;
  }
  if (issue.code === "too_big") {
    return `${subject} is ${sizeOf(given)}, but must be at most ${String(issue.maximum)}${items(given)}`;
  }
  if (issue.code === "invalid_value") {
    const values = issue.values.map(String);
    const meant = typeof given === "string" ? suggestion(given, values) : "";
    return `${subject} must be one of ${values.join(", ")}, not ${JSON.stringify(given)}${meant}`;
  }
  return `${subject}: ${issue.message}`;
}

const articles = new Map([
  ["string", "text"],
  ["number", "a number"],
  ["int", "a whole number"],
  ["boolean", "true or false"],
  ["array", "a list"],
  ["object", "a mapping of keys to values"],
  ["record", "a mapping of keys to values"],
]);

function article(expected: string): string {
  return articles.get(expected) ?? expected;
}

function kindOf(given: Json | undefined): string {
  if (given === undefined) return "missing";
  if (given === null) return "empty";
  if (Array.isArray(given)) return "a list";
  if (typeof given === "object") return "a mapping";
  return typeof given === "string" ? `the text "${given}"` : String(given);
}

function unitHint(expected: string, given: Json | undefined): string {
  if (expected !== "string" || typeof given !== "number") return "";
  return `; write "${given}" in quotes, or with its unit where it is a duration: ${given}s`;
}

function sizeOf(given: Json | undefined): string {
  if (Array.isArray(given)) return `a list of ${given.length}`;
  if (given === "") return "empty";
  return typeof given === "string" ? `${given.length} characters long` : JSON.stringify(given);
}

function items(given: Json | undefined): string {
  if (typeof given === "string") return given === "" ? " character long" : "";
  return Array.isArray(given) ? " long" : "";
}
