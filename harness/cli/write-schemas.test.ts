import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { home, loadCatalogue } from "./catalogue.ts";
import { madeFiles } from "./write-schemas.ts";

const schemas = ["scenario", "product", "scope", "identities"].map((kind) => `scenarios/${kind}.schema.json`);

it.each([...schemas, "docs/coap-cases.md"])(
  "publishes %s as the units make it; if this fails: npm run schema",
  async (path) => {
    expect(readFileSync(new URL(path, home), "utf8")).toBe(madeFiles(await loadCatalogue()).get(path));
  },
);
