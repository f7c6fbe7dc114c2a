import { expect, it } from "vitest";
import { catalogueOf } from "#testing/catalogue.ts";
import { identitiesSchema, scopeSchema } from "./access-schemas.ts";
import { productSchema } from "./product-schema.ts";
import { scenarioSchema } from "./scenario-schema.ts";

const scenario = scenarioSchema(catalogueOf(), ["recovery.t90"]);

it("lets editors complete ids with their titles, and parameters with bounds, defaults and descriptions", () => {
  expect(scenario).toMatchObject({
    $schema: "https://json-schema.org/draft/2020-12/schema",
    required: ["scenario", "title", "stages"],
    additionalProperties: false,
    properties: {
      stages: {
        items: {
          properties: {
            attacks: {
              items: {
                anyOf: [
                  { const: "mqtt.topic-snoop", description: "Listen to everything" },
                  { const: "mqtt.half-open" },
                  { const: "mqtt.connect-flood" },
                  {
                    maxProperties: 2,
                    properties: {
                      "mqtt.half-open": {
                        additionalProperties: false,
                        properties: {
                          connections: {
                            minimum: 20,
                            maximum: 2_000,
                            default: 200,
                            description: "connections to open",
                          },
                          dropWithin: { type: "string", default: "10s", description: "when it must be closed" },
                        },
                      },
                      ifAble: { type: "boolean" },
                    },
                  },
                ],
              },
            },
          },
        },
      },
      expects: { items: { properties: { metric: { enum: ["recovery.t90"] } } } },
      target: { anyOf: [{ const: "embedded" }, { const: "local:mosquitto" }, { maxProperties: 1 }] },
    },
  });
});

it("knows the knobs of each device", () => {
  expect(scenario).toMatchObject({
    properties: {
      fleets: {
        items: {
          allOf: [
            {
              if: { properties: { device: { const: "thermostat" } } },
              // oxlint-disable-next-line unicorn/no-thenable -- "then" is a keyword of JSON Schema
              then: { properties: { posture: { properties: { buffer: { enum: ["bounded", "none"] } } } } },
            },
            { if: { properties: { device: { const: "ip-camera" } } } },
          ],
        },
      },
    },
  });
});

it.each([
  ["product", productSchema(catalogueOf()), ["product", "title", "impact", "fleet"]],
  ["scope", scopeSchema(), ["owner", "targets", "expires"]],
  ["identities", identitiesSchema(), undefined],
])("makes the schema of %s files, which allows no other keys", (_, schema, required) => {
  expect(schema["required"]).toEqual(required);
  expect(schema["additionalProperties"]).toBe(false);
  expect(JSON.stringify(schema)).not.toContain("undefined");
});
