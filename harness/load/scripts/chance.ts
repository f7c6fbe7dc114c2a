/** A stream of numbers from 0 to 1 for one client: the same seed and client give the same stream (mulberry32). */
export function chanceOf(seed: number, client: number): () => number {
  let state = (seed ^ Math.imul(client + 1, 0x9e_37_79_b9)) >>> 0;
  return () => {
    state = (state + 0x6d_2b_79_f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
