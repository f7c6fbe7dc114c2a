/** A state that the device is told of; `again` sends the datagram of an earlier one, by its place in the series. */
export type Step = { readonly sequence: number; readonly isOld?: true } | { readonly again: number };

/** The first is the response to the registration. Sequence numbers have 24 bits. */
export const allSeries: { readonly [how: string]: readonly Step[] } = {
  ascending: [
    { sequence: 100 },
    { sequence: 200 },
    { sequence: 150, isOld: true },
    { sequence: 300 },
    { again: 1 },
    { sequence: 400 },
  ],
  wrapping: [{ sequence: 0xfffff0 }, { sequence: 5 }, { sequence: 0xfffffe, isOld: true }, { sequence: 9 }],
};

/** What a device took of a series. */
export interface StatesTaken {
  /** Places of states that it took for current though it had a newer one. */
  readonly old: readonly number[];
  /** How many states were new when they were sent, and how many of these were taken. */
  readonly fresh: number;
  readonly freshTaken: number;
}

/** Which states were taken though they were old, and how many of the new ones were. @param taken places in the series. */
export function statesIn(series: readonly Step[], taken: readonly number[]): StatesTaken {
  const places = taken.filter((place) => place >= 0);
  const old = places.filter((place, at) => {
    const step = series[place];
    const isOvertaken = places.slice(0, at).some((earlier) => earlier >= place);
    return isOvertaken || (step !== undefined && "isOld" in step);
  });
  const fresh = series.flatMap((step, place) => ("again" in step || step.isOld ? [] : [place]));
  return { old, fresh: fresh.length, freshTaken: fresh.filter((place) => places.includes(place)).length };
}
