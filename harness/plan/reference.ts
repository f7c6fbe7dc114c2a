import type { Path, PlanDocument } from "./document.ts";
import { isMapping } from "./fields.ts";
import { suggestion } from "./suggestion.ts";

/** A unit named in a file: `topic-snoop`, or `{topic-snoop: {…}}`, with `ifAble: true` beside it where that is allowed. */
export interface Reference<T> {
  readonly unit: T;
  readonly id: string;
  /** Where the id stands. */
  readonly path: Path;
  /** Where its parameters stand; nothing is there where none were given. */
  readonly parameters: Path;
  readonly ifAble: boolean;
}

/** What can be named, and how to speak of it. */
export interface Choice<T> {
  /** `attack`, `target` … */
  readonly kind: string;
  readonly units: ReadonlyMap<string, T>;
  readonly mayBeUnable?: boolean;
}

/** Reads one reference; a name that is not known is reported with the one that was probably meant. */
export function readReference<T>(document: PlanDocument, path: Path, choice: Choice<T>): Reference<T> | undefined {
  const given = document.at(path);
  if (typeof given === "string") return resolve(document, path, given, choice, [...path, ""], false);
  if (!isMapping(given)) {
    document.problems.add(
      document.place(path),
      `an ${choice.kind} is written as its id, or as {id: {parameter: value}}`.replace(/^an (?![aeiou])/, "a "),
    );
    return undefined;
  }
  const keys = Object.keys(given).filter((key) => key !== "ifAble" || choice.mayBeUnable !== true);
  const id = keys.find((key) => choice.units.has(key)) ?? keys[0];
  if (id === undefined) {
    document.problems.add(document.place(path), `the ${choice.kind} is missing`);
    return undefined;
  }
  for (const key of keys.filter((other) => other !== id)) reportSecond(document, [...path, key], key, choice);
  return resolve(document, [...path, id], id, choice, [...path, id], isAbleFlag(document, [...path, "ifAble"], choice));
}

function isAbleFlag<T>(document: PlanDocument, path: Path, { mayBeUnable }: Choice<T>): boolean {
  const given = document.at(path);
  if (mayBeUnable !== true || given === undefined) return false;
  if (typeof given !== "boolean") document.problems.add(document.place(path), `"ifAble" must be true or false`);
  return given === true;
}

function reportSecond<T>(
  document: PlanDocument,
  path: Path,
  key: string,
  { kind, units, mayBeUnable }: Choice<T>,
): void {
  const meant = mayBeUnable ? suggestion(key, ["ifAble"]) : "";
  const says = units.has(key)
    ? `"${key}" is a second ${kind} in one item; give it an item of its own`
    : `"${key}" is not a key here${meant}`;
  document.problems.add(document.keyPlace(path), says);
}

function resolve<T>(
  document: PlanDocument,
  path: Path,
  id: string,
  { kind, units }: Choice<T>,
  parameters: Path,
  ifAble: boolean,
): Reference<T> | undefined {
  const unit = units.get(id);
  if (unit !== undefined) return { unit, id, path, parameters, ifAble };
  const names = [...units.keys()];
  const help = suggestion(id, names);
  const hint = help === "" && names.length > 0 ? `Known: ${names.join(", ")}.` : undefined;
  document.problems.add(document.keyPlace(path), `there is no ${kind} "${id}"${help}`, hint);
  return undefined;
}
