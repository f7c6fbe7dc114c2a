import type { Random } from "#contract/bench.ts";

const all = 0x10000;

/** Where the ids of messages come from. */
export interface MessageIds {
  next(): number;
}

/** One after the other, from a random start (RFC 7252 §4.4). Who has seen one knows the next. */
export function sequentialIds(random: Random): MessageIds {
  let last = random.integer(0, all);
  return {
    next() {
      last = (last + 1) & 0xffff;
      return last;
    },
  };
}

/** In no order that anybody could foresee, each once in 65,536, so that none comes again within its lifetime. */
export function shuffledIds(random: Random): MessageIds {
  const ids = Uint16Array.from({ length: all }, (_, at) => at);
  let drawn = 0;
  return {
    next() {
      // One step of Fisher and Yates for each id, so that a new round is shuffled as it is used.
      const from = random.integer(drawn, all);
      const id = ids[from] ?? 0;
      ids[from] = ids[drawn] ?? 0;
      ids[drawn] = id;
      drawn = (drawn + 1) % all;
      return id;
    },
  };
}
