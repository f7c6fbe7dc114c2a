import type { ResourceUse } from "#contract/report.ts";

const space = "\u00a0";

/** One quantity that a target uses, and how it is read. */
export interface Quantity {
  readonly member: "cores" | "memoryBytes" | "openFiles";
  readonly name: string;
  readonly say: (value: number) => string;
}

const quantities: readonly Quantity[] = [
  { member: "cores", name: "processor time", say: (value) => `${Math.round(value * 100) / 100}${space}cores` },
  { member: "memoryBytes", name: "memory", say: (value) => `${Math.round(value / 1e5) / 10}${space}MB` },
  { member: "openFiles", name: "open files", say: (value) => `${Math.round(value)}` },
];

/** What one target used of one quantity. */
export interface Used extends Quantity {
  readonly actor: string;
  readonly points: readonly { readonly atMs: number; readonly value: number }[];
  readonly least: number;
  readonly median: number;
  readonly most: number;
}

/** Every quantity that was measured of every target. */
export function usesOf(resources: readonly ResourceUse[]): readonly Used[] {
  return [...Map.groupBy(resources, ({ actor }) => actor)].flatMap(([actor, own]) =>
    quantities.flatMap((quantity) => {
      const points = own.flatMap(({ atMs, [quantity.member]: value }) =>
        value === undefined ? [] : [{ atMs, value }],
      );
      const sorted = points.map(({ value }) => value).toSorted((one, other) => one - other);
      const [least] = sorted;
      const most = sorted.at(-1);
      const median = sorted[Math.floor(sorted.length / 2)];
      if (least === undefined || most === undefined || median === undefined) return [];
      return [{ ...quantity, actor, points, least, median, most }];
    }),
  );
}
