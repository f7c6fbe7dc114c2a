import type { Catalogue } from "#contract/catalogue.ts";
import type { JsonObject } from "#contract/observation.ts";
import { exceptionShape, impactShape, productShape } from "./product-shape.ts";
import { dialect } from "./scenario-schema.ts";
import { fleetSchema, mappingSchema, parametersById, targetSchema } from "./unit-schemas.ts";

/** The JSON Schema of product files. */
export function productSchema(catalogue: Catalogue): JsonObject {
  const units = [...catalogue.attacks.values(), ...catalogue.disruptions.values()];
  const level = mappingSchema(impactShape);
  const dimensions = { safety: level, availability: level, data: level, fleet: level };
  const schema = mappingSchema(productShape, {
    impact: {
      type: "object",
      additionalProperties: false,
      required: Object.keys(dimensions),
      properties: dimensions,
    },
    fleet: { items: fleetSchema(catalogue) },
    target: targetSchema(catalogue),
    notApplicable: { items: mappingSchema(exceptionShape) },
    parameters: { type: "object", additionalProperties: false, properties: parametersById(units) },
    skip: { items: { enum: units.map(({ id }) => id) } },
    declared: { type: "object" },
  });
  return { $schema: dialect, title: "A product to be assessed by seatrial", ...schema };
}
