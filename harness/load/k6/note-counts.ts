import type { Observer } from "#contract/bench.ts";
import type { PacketCounts } from "#contract/load.ts";
import type { Tally } from "#contract/target.ts";
import { type Counted, compareCounts } from "./compare-counts.ts";
import type { Measurements } from "./measurements.ts";

/** What lab and target had counted at one moment. */
export interface Reading {
  readonly lab: PacketCounts;
  readonly target: Tally | undefined;
}

/** Writes the three notes `load.counted`: what passed between two readings, as three counted it. */
export function noteCounts(
  observe: Observer,
  measured: Pick<Measurements, "sum">,
  before: Reading,
  after: Reading,
  wasCut: boolean,
): void {
  for (const counted of countsOf(measured, before, after)) {
    observe.note("load.counted", { ...compareCounts(counted, wasCut) });
  }
}

function countsOf(measured: Pick<Measurements, "sum">, before: Reading, after: Reading): readonly Counted[] {
  const lab = (key: keyof PacketCounts) => after.lab[key] - before.lab[key];
  const target = (key: "connections" | "publishesReceived" | "publishesSent") => {
    const [first, last] = [before.target?.[key], after.target?.[key]];
    // A target that counts from nothing again was started anew, and has forgotten part of the load.
    return first === undefined || last === undefined || last < first ? {} : { target: last - first };
  };
  return [
    {
      quantity: "connections",
      generator: measured.sum("mqtt_connect_ok"),
      lab: lab("accepted"),
      ...target("connections"),
    },
    {
      quantity: "published",
      generator: measured.sum("mqtt_published"),
      lab: lab("published"),
      ...target("publishesReceived"),
    },
    {
      quantity: "delivered",
      generator: measured.sum("mqtt_received"),
      lab: lab("delivered"),
      ...target("publishesSent"),
    },
  ];
}
