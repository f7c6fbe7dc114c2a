import type { Answer, FreeCheck } from "#contract/check.ts";
import type { Dimension } from "#contract/impact.ts";
import type { Product } from "#contract/product.ts";
import type { RunRecord } from "#contract/record.ts";

const dimensions: readonly Dimension[] = ["safety", "availability", "data", "fleet"];

const declared: Product = {
  id: "declared",
  title: "A product with its use and impact declared",
  use: "heats one room of a home",
  environment: "indoors, home network",
  impact: { safety: 2, availability: 1, data: 0, fleet: 1 },
  reasons: {
    safety: "it switches a heater",
    availability: "a room gets cold",
    data: "it keeps nothing about people",
    fleet: "many heaters switching at once load the grid",
  },
  floors: [],
  notApplicable: [],
  declared: {},
};

const heats: Product["floors"][number] = { dimension: "safety", level: 2, because: "it can heat" };

/** Whether somebody thought about what a failure does, before measures were chosen. */
export const impactDeclared: FreeCheck = {
  id: "impact-declared",
  asks: "Are use, environment and four impact levels declared with reasons, and do they agree with what the device can do?",
  covers: "P4.1/use-and-impact-declared",
  remedy:
    "Write use, environment and the four impact levels into the product file, each level with its reason, none lower than what the device can do asks for. Then run this again.",
  needs: [],
  judge,
  exercise: {
    product: {
      weak: { ...declared, reasons: {}, floors: [heats] },
      hardened: declared,
    },
  },
  twins: [],
};

function judge({ header: { product } }: RunRecord): Answer {
  if (product === undefined)
    return { verdict: "not-tested", says: "the run was no assessment of a product", evidence: [] };
  const gaps = gapsOf(product);
  if (gaps.length > 0) return { verdict: "fail", says: gaps.join("; "), evidence: [], rung: "D0" };
  // Nothing but the product file stands behind this.
  return { verdict: "pass", says: `${levelsOf(product)}: each with its reason`, evidence: [], rung: "D0" };
}

function gapsOf({ use, environment, reasons, floors }: Product): readonly string[] {
  const unreasoned = dimensions.filter((dimension) => !stated(reasons[dimension]));
  return [
    ...(stated(use) ? [] : ["the intended use is not declared"]),
    ...(stated(environment) ? [] : ["the environment is not declared"]),
    ...(unreasoned.length > 0 ? [`no reason is given for the level of ${unreasoned.join(", ")}`] : []),
    ...floors.map(
      ({ dimension, level, because }) =>
        `${dimension} is declared below ${level}, which it is at least, because ${because}`,
    ),
  ];
}

function stated(text: string | undefined): boolean {
  return text !== undefined && text.trim() !== "";
}

function levelsOf({ impact }: Product): string {
  return dimensions.map((dimension) => `${dimension} ${impact[dimension]}`).join(", ");
}
