import { writeFileSync } from "node:fs";
import type { Catalogue } from "#contract/catalogue.ts";
import { identitiesSchema, scopeSchema } from "#plan/access-schemas.ts";
import { productSchema } from "#plan/product-schema.ts";
import { scenarioSchema } from "#plan/scenario-schema.ts";
import { metrics } from "#reports/judge/metrics.ts";
import { home, loadCatalogue } from "./catalogue.ts";

/** The published schemas of the files that people write: path within the project, and content. */
export function schemaFiles(catalogue: Catalogue): ReadonlyMap<string, string> {
  const schemas = {
    scenario: scenarioSchema(catalogue, metrics),
    product: productSchema(catalogue),
    scope: scopeSchema(),
    identities: identitiesSchema(),
  };
  return new Map(
    Object.entries(schemas).map(([kind, schema]) => [
      `scenarios/${kind}.schema.json`,
      `${JSON.stringify(schema, null, 2)}\n`,
    ]),
  );
}

if (import.meta.main) {
  for (const [path, content] of schemaFiles(await loadCatalogue())) writeFileSync(new URL(path, home), content);
}
