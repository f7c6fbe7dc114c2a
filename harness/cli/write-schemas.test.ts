import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { home, loadCatalogue } from "./catalogue.ts";
import { schemaFiles } from "./write-schemas.ts";

it.each(["scenario", "product", "scope", "identities"])(
  "publishes the schema of %s files as the units make it; if this fails: npm run schema",
  async (kind) => {
    const path = `scenarios/${kind}.schema.json`;
    expect(readFileSync(new URL(path, home), "utf8")).toBe(schemaFiles(await loadCatalogue()).get(path));
  },
);
