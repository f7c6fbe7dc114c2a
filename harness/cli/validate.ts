import { resolve } from "node:path";
import { LabError } from "#contract/errors.ts";
import { kindOfDocument } from "#plan/document-kind.ts";
import { readIdentities } from "#plan/identities-file.ts";
import { readProduct } from "#plan/product-file.ts";
import { readScenario } from "#plan/scenario-file.ts";
import { readScope } from "#plan/scope-file.ts";
import { metrics } from "#reports/judge/metrics.ts";
import { catalogueChecks } from "#reports/principles/principles.ts";
import { loadCatalogue } from "./catalogue.ts";
import { type CommonOptions, readText } from "./options.ts";
import type { Terminal } from "./terminal.ts";

/** `seatrial validate`: tells scenario, product, scope and identities files apart by their first key, and checks them. */
export async function validate(
  [file = ""]: readonly string[],
  options: CommonOptions,
  terminal: Terminal,
): Promise<number> {
  const source = readText(file);
  const catalogue = await loadCatalogue();
  const kind = kindOfDocument(source);
  switch (kind) {
    case "scenario":
      readScenario(source, catalogue, { metrics });
      break;
    case "product":
      readProduct(source, catalogue, {
        checks: [...catalogueChecks.keys()],
        nowIso: new Date().toISOString(),
      });
      break;
    case "scope":
      readScope(source, new Date().toISOString());
      break;
    case "identities":
      readIdentities(source, { readFile: (path) => readText(resolve(file, "..", path)).text });
      break;
    case undefined:
      throw new LabError(
        "E_PLAN",
        `${file}: neither a scenario nor a product, scope or identities file`,
        "Begin it with one of: scenario, product, owner, operator or devices.",
      );
  }
  if (options.json) terminal.result(JSON.stringify({ file, kind, valid: true }));
  else terminal.result(`${file}: a valid ${kind} file`);
  return 0;
}
