import { randomBytes, randomInt } from "node:crypto";
import type { Random } from "#contract/bench.ts";

/** Chance that nobody can repeat: for secrets that outlive a run. */
export const secretRandom: Random = {
  next: () => randomInt(2 ** 47) / 2 ** 47,
  integer: (from, below) => randomInt(from, below),
  hex: (bytes) => randomBytes(bytes).toString("hex"),
};
