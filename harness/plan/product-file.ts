import type { Catalogue } from "#contract/catalogue.ts";
import type { Fleet } from "#contract/fleet.ts";
import type { Dimension, Level } from "#contract/impact.ts";
import type { JsonObject } from "#contract/observation.ts";
import type { Product } from "#contract/product.ts";
import type { Posture } from "#contract/target.ts";
import { type PlanDocument, readDocument, type Source } from "./document.ts";
import { isMapping, mappingAt, readFields, reportUnknownKeys } from "./fields.ts";
import { readFleets } from "./fleet-list.ts";
import { binding, floorsOf, raised } from "./impact-floors.ts";
import { isoOf } from "./iso-date.ts";
import { readParameters } from "./parameters.ts";
import { dimensions, exceptionShape, impactShape, levels, productShape, words } from "./product-shape.ts";
import { suggestion } from "./suggestion.ts";
import { readTarget, type TargetChoice } from "./target-choice.ts";

/** A product file, read: what is declared, and how it is to be assessed. */
export interface ProductPlan {
  readonly product: Product;
  readonly fleets: readonly Fleet[];
  readonly choice: TargetChoice;
  readonly posture: Posture;
  /** Parameters that differ from the defaults, parsed, by id of the attack or disruption. */
  readonly parameters: ReadonlyMap<string, JsonObject>;
  /** Ids of attacks and disruptions to leave out. */
  readonly skip: readonly string[];
}

export interface ProductOptions {
  /** Ids of the catalogue's checks (`P6.3/switches-work`), so that a misspelt one is found. */
  readonly checks?: readonly string[];
  /** When it is read, ISO 8601; an exception that lapsed before is a problem. */
  readonly nowIso?: string;
}

/** Reads a product file. Throws E_PLAN with everything that is wrong in it. */
export function readProduct(source: Source, catalogue: Catalogue, options: ProductOptions = {}): ProductPlan {
  const document = readDocument(source, "docs/scenario-files.md");
  const read = readFields(document, [], productShape, "a product");
  const { product: id = "", title = "", facts = [], units, use, environment, fidelity, posture = "hardened" } = read;
  const { impact, reasons } = readImpact(document);
  const fleets = readFleets(document, "fleet", catalogue);
  const notApplicable = readExceptions(document, options);
  const parameters = readParameterSets(document, catalogue);
  const skip = readSkip(document, catalogue);
  const choice = readTarget(document, catalogue);
  const stated = document.at(["declared"]) === undefined ? {} : (mappingAt(document, ["declared"], "declared") ?? {});
  document.problems.throwIfAny();
  if (choice === undefined) throw new Error("a target that could not be read left no problem behind");
  const devices = fleets.map(({ device }) => device);
  const floors = binding(floorsOf(devices, facts, units), impact);
  const product: Product = {
    id,
    title,
    impact: raised(impact, floors),
    reasons,
    floors,
    ...(use !== undefined && { use }),
    ...(environment !== undefined && { environment }),
    notApplicable,
    declared: { ...stated, facts, ...(units !== undefined && { units }), ...(fidelity && { fidelity }) },
  };
  return { product, fleets, choice, posture, parameters, skip };
}

function readImpact(document: PlanDocument): Pick<Product, "impact" | "reasons"> {
  const path = ["impact"];
  const impact = document.at(path);
  const given = isMapping(impact) ? impact : undefined;
  const meant = given && reportUnknownKeys(document, path, given, dimensions, "the impact");
  const read = (dimension: Dimension): { readonly level: Level; readonly because: string } => {
    if (given === undefined) return { level: 0, because: "" };
    if (given[dimension] === undefined) {
      if (!meant?.has(dimension))
        document.problems.add(document.keyPlace(path), `the impact needs the key "${dimension}"`);
      return { level: 0, because: "" };
    }
    const { level = 0, because = "" } = readFields(document, [...path, dimension], impactShape, dimension);
    return { level: typeof level === "number" ? level : levelOf(level), because };
  };
  const [safety, availability, data, fleet] = [read("safety"), read("availability"), read("data"), read("fleet")];
  return {
    impact: { safety: safety.level, availability: availability.level, data: data.level, fleet: fleet.level },
    reasons: {
      safety: safety.because,
      availability: availability.because,
      data: data.because,
      fleet: fleet.because,
    },
  };
}

function levelOf(word: (typeof words)[number]): Level {
  return levels[words.indexOf(word)] ?? 0;
}

function readExceptions(document: PlanDocument, { checks, nowIso }: ProductOptions): Product["notApplicable"] {
  const listed = document.at(["notApplicable"]);
  if (!Array.isArray(listed)) return [];
  return listed.map((_, index) => {
    const path = ["notApplicable", index];
    const {
      check = "",
      because = "",
      by = "",
      until = "",
    } = readFields(document, path, exceptionShape, "an exception");
    if (check !== "" && checks !== undefined && !checks.includes(check)) {
      const says = `the catalogue has no check "${check}"${suggestion(check, checks)}`;
      document.problems.add(document.place([...path, "check"]), says);
    }
    const end = isoOf(until);
    if (nowIso !== undefined && end !== undefined && end <= nowIso) {
      const hint = "Test it again, or decide anew and give a later day.";
      document.problems.add(document.place([...path, "until"]), `this exception lapsed on ${until}`, hint);
    }
    return { check, because: `${because} (${by}, until ${until})` };
  });
}

function readParameterSets(document: PlanDocument, catalogue: Catalogue): ReadonlyMap<string, JsonObject> {
  const path = ["parameters"];
  if (document.at(path) === undefined) return new Map();
  const given = mappingAt(document, path, "parameters") ?? {};
  const sets = Object.keys(given).flatMap((id) => {
    const unit = catalogue.attacks.get(id) ?? catalogue.disruptions.get(id);
    if (unit !== undefined) return [[id, readParameters(document, [...path, id], unit.parameters, id)] as const];
    reportUnknownUnit(document, [...path, id], id, catalogue);
    return [];
  });
  return new Map(sets);
}

function readSkip(document: PlanDocument, catalogue: Catalogue): readonly string[] {
  const listed = document.at(["skip"]);
  if (!Array.isArray(listed)) return [];
  return listed.flatMap((id, index) => {
    if (typeof id !== "string") return [];
    if (catalogue.attacks.has(id) || catalogue.disruptions.has(id)) return [id];
    reportUnknownUnit(document, ["skip", index], id, catalogue);
    return [];
  });
}

function reportUnknownUnit(
  document: PlanDocument,
  path: readonly (string | number)[],
  id: string,
  catalogue: Catalogue,
): void {
  const names = [...catalogue.attacks.keys(), ...catalogue.disruptions.keys()];
  document.problems.add(document.keyPlace(path), `there is no attack or disruption "${id}"${suggestion(id, names)}`);
}
