import { z } from "zod";
import type { Catalogue } from "#contract/catalogue.ts";
import type { JsonObject } from "#contract/observation.ts";
import { fleetShape, knobsOf } from "./fleet-list.ts";
import { jsonOf } from "./parameters.ts";

/** A unit as far as a schema shows it. */
interface Shown {
  readonly id: string;
  readonly title: string;
  readonly parameters: z.ZodObject;
}

/** The JSON Schema of a mapping with these keys and no others, as it is written in a file. */
export function mappingSchema(shape: { readonly [key: string]: z.ZodType }, replaced: JsonObject = {}): JsonObject {
  const { $schema: _, ...schema } = jsonOf(
    z.toJSONSchema(z.strictObject({ ...shape }), { io: "input", unrepresentable: "any", target: "draft-2020-12" }),
  );
  const properties = Object.fromEntries(
    Object.entries(propertiesOf(schema)).map(([key, written]) => {
      const better = replaced[key];
      return [key, isObject(better) && isObject(written) ? { ...written, ...better } : written];
    }),
  );
  return { ...schema, properties };
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function propertiesOf({ properties }: JsonObject): JsonObject {
  return isObject(properties) ? properties : {};
}

/** `id`, or `{id: {parameter: value}, ifAble: true}`. */
export function referenceSchema(units: Iterable<Shown>, mayBeUnable: boolean): JsonObject {
  const shown = [...units];
  const ifAble = { type: "boolean", description: "Skip it, and say so, where the target cannot do it" };
  return {
    anyOf: [
      ...shown.map(({ id, title }) => ({ const: id, description: title })),
      {
        type: "object",
        minProperties: 1,
        maxProperties: mayBeUnable ? 2 : 1,
        additionalProperties: false,
        properties: { ...parametersById(shown), ...(mayBeUnable && { ifAble }) },
      },
    ],
  };
}

/** The parameters of each unit under its id. */
export function parametersById(units: Iterable<Shown>): JsonObject {
  return Object.fromEntries(
    [...units].map(({ id, title, parameters }) => {
      const schema = mappingSchema(parameters.shape);
      return [id, { ...schema, type: ["object", "null"], description: title }];
    }),
  );
}

/** The key `target`. */
export function targetSchema({ targets }: Catalogue): JsonObject {
  const none = z.object({});
  const shown = [...targets.values()].map(({ id, title, knobs }) => ({ id, title, parameters: knobs ?? none }));
  return referenceSchema(shown, false);
}

/** The items of a list of fleets: the posture knows the knobs of its device. */
export function fleetSchema({ devices }: Catalogue): JsonObject {
  const listed = [...devices.values()];
  const ofDevice = listed.map((device) => ({
    if: { properties: { device: { const: device.id } }, required: ["device"] },
    // oxlint-disable-next-line unicorn/no-thenable -- "then" is a keyword of JSON Schema
    then: {
      properties: {
        posture: {
          additionalProperties: false,
          properties: Object.fromEntries(
            Object.entries(knobsOf(device)).map(([knob, { values, means }]) => [
              knob,
              { enum: [...values], description: means },
            ]),
          ),
        },
      },
    },
  }));
  const device = { anyOf: listed.map(({ id, title }) => ({ const: id, description: title })) };
  return { ...mappingSchema(fleetShape, { device }), ...(ofDevice.length > 0 && { allOf: ofDevice }) };
}
