import type { Catalogue } from "#contract/catalogue.ts";
import type { JsonObject } from "#contract/observation.ts";
import { expectationShape } from "./expectation-list.ts";
import { scenarioShape } from "./scenario-file.ts";
import { stageShape } from "./stage-list.ts";
import { fleetSchema, mappingSchema, referenceSchema, targetSchema } from "./unit-schemas.ts";

/** The dialect of every schema that is published here. */
export const dialect = "https://json-schema.org/draft/2020-12/schema";

/**
 * The JSON Schema of scenario files, from which editors complete ids, parameters and knobs.
 * It says less than {@link readScenario} checks: capabilities, sums and whether a threshold can be reached are not in it.
 */
export function scenarioSchema(catalogue: Catalogue, metrics: readonly string[]): JsonObject {
  const stage = mappingSchema(stageShape, {
    attacks: { items: referenceSchema(catalogue.attacks.values(), true) },
    disruptions: { items: referenceSchema(catalogue.disruptions.values(), true) },
    loads: { items: referenceSchema(catalogue.loads.values(), true) },
  });
  const expectation = mappingSchema(expectationShape, { metric: { enum: [...metrics] } });
  const schema = mappingSchema(scenarioShape, {
    target: targetSchema(catalogue),
    fleets: { items: fleetSchema(catalogue) },
    stages: { items: stage },
    expects: { items: expectation },
  });
  return { $schema: dialect, title: "A scenario of seatrial", ...schema };
}
