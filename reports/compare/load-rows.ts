import type { LoadResult, LoadWindow } from "#contract/report.ts";
import type { Entry, LoadCell, LoadRow } from "./comparison.ts";

type Measured = LoadWindow["operations"][number];

/** What clients of each load got in each window, operation by operation, in every report. */
export function loadRowsOf(entries: readonly Entry[]): readonly LoadRow[] {
  const columns = entries.map(({ report }) => new Map(report.loads.flatMap(measurementsOf)));
  const rows = new Map(columns.flatMap((column) => [...column]));
  return [...rows].map(([key, { load, window, operation }]) => ({
    load,
    window,
    operation,
    cells: columns.map((column) => column.get(key)?.cell),
  }));
}

type Keyed = readonly [key: string, row: Omit<LoadRow, "cells"> & { readonly cell: LoadCell }];

function measurementsOf({ actor, windows, generator }: LoadResult): readonly Keyed[] {
  const load = actor.slice("load:".length);
  return windows.flatMap(({ window, operations }) =>
    operations.map((measured): Keyed => {
      const { operation } = measured;
      const cell = cellOf(measured, generator?.healthy === true);
      return [JSON.stringify([load, window, operation]), { load, window, operation, cell }];
    }),
  );
}

function cellOf({ availability, p50, p95, p99 }: Measured, sound: boolean): LoadCell {
  return {
    ...(availability && { availability }),
    ...(p50 && { p50 }),
    ...(p95 && { p95 }),
    ...(p99 && { p99 }),
    sound,
  };
}
