import type { DeviceType } from "#contract/device.ts";
import type { Dimension, ImpactLevels, Level } from "#contract/impact.ts";
import type { Product } from "#contract/product.ts";

/** What a vendor can state about a product that sets a floor under its impact. */
export const productFacts = ["internet-reachable", "critical-function"] as const;

export type ProductFact = (typeof productFacts)[number];

/** So many units make a weakness a matter for others too. */
const manyUnits = 10_000;
const floor: Level = 2;

const ofDevices: readonly { readonly dimension: Dimension; readonly abilities: DeviceType["can"] }[] = [
  { dimension: "safety", abilities: ["heat", "move", "unlock"] },
  { dimension: "data", abilities: ["see", "hear", "locate", "measure-health"] },
];

/** The floors that facts set, each with the facts that set it, whatever level was declared. */
export function floorsOf(
  devices: readonly DeviceType[],
  facts: readonly ProductFact[],
  units: number | undefined,
): Product["floors"] {
  const fromDevices = ofDevices.map(({ dimension, abilities }) => ({
    dimension,
    reasons: [...new Set(devices)].flatMap(({ id, can }) => {
      const able = abilities.filter((ability) => can.includes(ability));
      return able.length === 0 ? [] : [`${id} can ${able.join(" and ")}`];
    }),
  }));
  const availability = facts.includes("critical-function") ? ["it performs a critical function"] : [];
  const fleet = [
    ...(facts.includes("internet-reachable") ? ["it can be reached from the internet"] : []),
    ...(units !== undefined && units >= manyUnits ? [`there are ${units} units, ${manyUnits} or more`] : []),
  ];
  return [
    ...fromDevices,
    { dimension: "availability", reasons: availability } as const,
    { dimension: "fleet", reasons: fleet } as const,
  ].flatMap(({ dimension, reasons }) =>
    reasons.length === 0 ? [] : [{ dimension, level: floor, because: reasons.join("; ") }],
  );
}

/** The floors that lie above what was declared, and so raise it. */
export function binding(floors: Product["floors"], declared: ImpactLevels): Product["floors"] {
  return floors.filter(({ dimension, level }) => declared[dimension] < level);
}

/** The declared levels, none of them below its floor. */
export function raised(declared: ImpactLevels, floors: Product["floors"]): ImpactLevels {
  const levelOf = (dimension: Dimension): Level => {
    const low = floors.find((each) => each.dimension === dimension)?.level ?? 0;
    return declared[dimension] < low ? low : declared[dimension];
  };
  return {
    safety: levelOf("safety"),
    availability: levelOf("availability"),
    data: levelOf("data"),
    fleet: levelOf("fleet"),
  };
}
