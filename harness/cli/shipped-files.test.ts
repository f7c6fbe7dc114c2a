import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import type { Scenario } from "#contract/scenario.ts";
import { planAssessment } from "#plan/assessment.ts";
import type { Source } from "#plan/document.ts";
import { kindOfDocument } from "#plan/document-kind.ts";
import { readIdentities } from "#plan/identities-file.ts";
import { readProduct } from "#plan/product-file.ts";
import { readScenario } from "#plan/scenario-file.ts";
import { metrics } from "#reports/judge/metrics.ts";
import { home, loadCatalogue } from "./catalogue.ts";
import { readText } from "./options.ts";
import { scenariosFolder } from "./scenario-files.ts";

const catalogue = await loadCatalogue();
const files = readdirSync(scenariosFolder, { recursive: true, encoding: "utf8" }).filter((name) =>
  name.endsWith(".yaml"),
);

function planned({ stages }: Scenario): readonly string[] {
  return stages.flatMap(({ attacks, disruptions }) => [
    ...attacks.map(({ attack }) => attack.id),
    ...disruptions.map(({ disruption }) => disruption.id),
  ]);
}

function smoke(): Scenario {
  const file = join(scenariosFolder, "smoke/everything-mqtt.yaml");
  return readScenario(readText(file), catalogue, { metrics });
}

/** What a file holds: stages of a plan, or identities. Throws where there is a mistake in it. */
function contentOf(source: Source): readonly unknown[] {
  const kind = kindOfDocument(source);
  if (kind === "scenario") return readScenario(source, catalogue, { metrics }).stages;
  if (kind === "product") return planAssessment(readProduct(source, catalogue), catalogue).stages;
  return readIdentities(source).devices;
}

it.each(files)("ships %s as a file without a mistake", (name) => {
  expect(contentOf(readText(join(scenariosFolder, name)))).not.toEqual([]);
});

it("documents scenario and product files with examples that are valid", () => {
  const page = readText(fileURLToPath(new URL("docs/scenario-files.md", home))).text;
  const examples = [...page.matchAll(/^```yaml\n(# yaml-language-server[^]*?)^```/gm)].map(([, text = ""]) => text);
  expect(examples).toHaveLength(2);
  for (const text of examples) expect(contentOf({ text, file: "docs/scenario-files.md" })).not.toEqual([]);
});

it("runs each unit of the smoke scenario once, on devices of every impact", () => {
  const { fleets, ...plan } = smoke();
  const units = planned({ fleets, ...plan });
  expect(new Set(units).size).toBe(units.length);
  expect(units.length).toBeGreaterThanOrEqual(13);
  expect(fleets.length).toBeGreaterThanOrEqual(5);
});

it("has enough identities in the template for the smoke scenario", () => {
  const file = join(scenariosFolder, "products/own-broker.identities.yaml");
  const needed = smoke().fleets.reduce((sum, { size }) => sum + size, 0);
  expect(readIdentities(readText(file)).devices.length).toBeGreaterThanOrEqual(needed);
});
