import type { Column, Entry } from "./comparison.ts";

/**
 * Names that tell runs apart, in their order: target and posture, and where that is not enough the run, and a number.
 */
export function namesOf(entries: readonly Entry[]): readonly string[] {
  const headers = entries.map(({ report }) => report.header);
  const short = headers.map(({ target: { id, posture } }) => (posture === undefined ? id : `${id}, ${posture}`));
  const long = short.map((name, at) => (count(short, name) === 1 ? name : `${name} (${headers[at]?.id ?? ""})`));
  return long.map((name, at) => (count(long, name) === 1 ? name : `${name} #${count(long.slice(0, at + 1), name)}`));
}

function count(names: readonly string[], name: string): number {
  return names.filter((each) => each === name).length;
}

/** A run as a column under this name. */
export function columnOf({ report: { header, verdict }, href }: Entry, name: string, counts: Column["counts"]): Column {
  const { target, id, state } = header;
  return {
    name,
    target: target.id,
    product: target.product,
    ...(target.posture !== undefined && { posture: target.posture }),
    run: id,
    ...(href !== undefined && { href }),
    state,
    verdict,
    counts,
  };
}
