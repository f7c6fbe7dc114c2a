import type { z } from "zod";
import type { Catalogue } from "#contract/catalogue.ts";
import { LabError } from "#contract/errors.ts";
import type { JsonObject } from "#contract/observation.ts";
import type { Posture, Target } from "#contract/target.ts";
import type { PlanDocument } from "./document.ts";
import { readParameters } from "./parameters.ts";
import { readReference } from "./reference.ts";
import { suggestion } from "./suggestion.ts";

/** The target that a file asks for. */
export interface TargetChoice {
  readonly target: Target;
  readonly knobs: JsonObject;
}

/** What the command line says about the target; it goes before what the file says. */
export interface TargetOverride {
  readonly target?: Target;
  readonly posture?: Posture;
  readonly knobs?: JsonObject;
}

const defaultTarget = "embedded";

/** Reads the key `target`: an id, or `{id: {knob: value}}`; the embedded broker where it is absent. */
export function readTarget(document: PlanDocument, catalogue: Catalogue): TargetChoice | undefined {
  const path = ["target"];
  const given = document.at(path);
  if (given === undefined) {
    const target = catalogue.targets.get(defaultTarget);
    if (target !== undefined) return { target, knobs: {} };
    document.problems.add({ line: 1, column: 1 }, `there is no target "${defaultTarget}"`);
    return undefined;
  }
  if (typeof given === "string" && given.includes("://")) {
    const hint = `Leave "target" out here and add --target ${given} to the command.`;
    document.problems.add(
      document.place(path),
      "a target of your own is named on the command line, not in the file",
      hint,
    );
    return undefined;
  }
  const found = readReference(document, path, { kind: "target", units: catalogue.targets });
  if (found === undefined) return undefined;
  const { unit: target, parameters } = found;
  const asked = Object.keys(document.at(parameters) ?? {});
  if (target.knobs === undefined) {
    if (asked.length === 0) return { target, knobs: {} };
    document.problems.add(document.place(parameters), `the target ${target.id} has no knobs`);
    return undefined;
  }
  const knobs = readParameters(document, parameters, target.knobs, `the target ${target.id}`);
  return { target, knobs: Object.fromEntries(Object.entries(knobs).filter(([name]) => asked.includes(name))) };
}

/**
 * Joins the file's choice with the command line's. Knobs of the file belong to the file's target, so they are left
 * out where another takes its place.
 */
export function overridden(choice: TargetChoice, { target = choice.target, knobs = {} }: TargetOverride): TargetChoice {
  const kept = target.id === choice.target.id ? choice.knobs : {};
  return { target, knobs: { ...kept, ...checkedKnobs(target, knobs) } };
}

/** Checks knobs that were given on the command line; throws E_USAGE. */
function checkedKnobs({ id, knobs: schema }: Target, given: JsonObject): JsonObject {
  const shape: { readonly [knob: string]: z.ZodType } = schema === undefined ? {} : schema.shape;
  for (const [name, value] of Object.entries(given)) {
    const knob = Object.hasOwn(shape, name) ? shape[name] : undefined;
    const known = Object.keys(shape);
    if (knob === undefined) {
      const hint = known.length === 0 ? "Leave --knob out." : `It has ${known.join(", ")}.`;
      throw new LabError(
        "E_USAGE",
        `--knob ${name}: the target ${id} has no such knob${suggestion(name, known)}`,
        hint,
      );
    }
    const result = knob.safeParse(value);
    if (!result.success) {
      const why = result.error.issues.map(({ message }) => message).join("; ");
      throw new LabError(
        "E_USAGE",
        `--knob ${name}=${JSON.stringify(value)}: ${why}`,
        "Give a value that the knob can take.",
      );
    }
  }
  return given;
}
