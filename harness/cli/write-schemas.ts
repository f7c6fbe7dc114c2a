import { writeFileSync } from "node:fs";
import type { Catalogue } from "#contract/catalogue.ts";
import { identitiesSchema, scopeSchema } from "#plan/access-schemas.ts";
import { productSchema } from "#plan/product-schema.ts";
import { scenarioSchema } from "#plan/scenario-schema.ts";
import { metrics } from "#reports/judge/metrics.ts";
import { casePage } from "./case-page.ts";
import { home, loadCatalogue } from "./catalogue.ts";

/** What is made from the units: the published schemas of the files that people write, and a page. Path within the project, and content. */
export function madeFiles(catalogue: Catalogue): ReadonlyMap<string, string> {
  const schemas = {
    scenario: scenarioSchema(catalogue, metrics),
    product: productSchema(catalogue),
    scope: scopeSchema(),
    identities: identitiesSchema(),
  };
  const published = Object.entries(schemas).map(
    ([kind, schema]) => [`scenarios/${kind}.schema.json`, `${JSON.stringify(schema, null, 2)}\n`] as const,
  );
  return new Map([...published, ["docs/coap-cases.md", casePage(catalogue)]]);
}

if (import.meta.main) {
  for (const [path, content] of madeFiles(await loadCatalogue())) writeFileSync(new URL(path, home), content);
}
